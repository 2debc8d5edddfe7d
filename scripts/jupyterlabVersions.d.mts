export const VERSIONS: readonly string[];
export function newestJupyterLab(): string;
/** Folder of the Python environment. */
export function environmentOf(version: string): string;
export function makeEnvironments(versions?: readonly string[]): Promise<void>;
