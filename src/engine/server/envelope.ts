/** What the Jupyter server tells the engine: one JSON object a line. It never looks into `text`. */
export type ServerLine =
  | { type: 'open'; client: string }
  | { type: 'frame'; client: string; text: string }
  | { type: 'close'; client: string };

/** What the engine tells the Jupyter server. */
export type EngineLine =
  | { type: 'frame'; client: string; text: string }
  | { type: 'close'; client: string; code: number; reason: string }
  /** All jobs that the host shall be kept awake for; an empty list lets it sleep. */
  | { type: 'awake'; jobs: { id: string; title: string }[] }
  /** Whether jobs run: should this engine break down, the next one has to go on with them at once. */
  | { type: 'busy'; busy: boolean }
  /** `steering.json` has changed: new kernels and terminals are to follow it from now on. */
  | { type: 'steering' };

/** @returns undefined for a line of another kind, such as of a newer server. */
export function readServerLine(line: string): ServerLine | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) {
    return undefined;
  }
  const { type, client, text } = value as { type?: unknown; client?: unknown; text?: unknown };
  if (typeof client !== 'string') {
    return undefined;
  }
  switch (type) {
    case 'open':
    case 'close':
      return { type, client };
    case 'frame':
      return typeof text === 'string' ? { type, client, text } : undefined;
    default:
      return undefined;
  }
}
