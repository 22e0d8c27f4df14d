export const ContextPage = () => <p>Context</p>
