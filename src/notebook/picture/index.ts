export { identitiesPicture } from './identitiesPicture';
export type { PicturedIdentities } from './identitiesPicture';
