export const MapPage = () => <p>Map</p>
