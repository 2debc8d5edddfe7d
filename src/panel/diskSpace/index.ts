export { PartsBar } from './partsBar';
export type { DiskPart } from './partsBar';
/** When the disk of the JupyterLab root is short: one rule for all features that speak of it. */
export { shortageOf, shortageOfBytes, shortageOfInodes } from './shortage';
export type { Shortage } from './shortage';
