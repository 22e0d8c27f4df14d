export const ExpertsPage = () => <p>Experts</p>
