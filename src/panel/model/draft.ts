import type { ImportWish } from '../../protocol';
import type { IPreferences } from '../tokens';

/** Instead of a role's ARN: one is created. */
export const CREATE_ROLE = 'create';

/** What the user has entered. */
export interface Draft {
  /** As typed: `organisation/name[@revision]`, an address, a folder, or something in S3. */
  source: string;
  viaDisk: boolean;
  bucket: string;
  prefix: string;
  /** ARN, `CREATE_ROLE`, or empty while none is chosen. */
  role: string;
  importedModelName: string;
  /** Replaces the model's own; undefined keeps it. */
  chatTemplate?: string;
  firstQuestion: string;
  keepAwake: boolean;
  allowOverwrite: boolean;
}

export const EMPTY_DRAFT: Draft = {
  source: '',
  viaDisk: false,
  bucket: '',
  prefix: '',
  role: '',
  importedModelName: '',
  firstQuestion: '',
  keepAwake: true,
  allowOverwrite: false
};

export type PreferredValues = Pick<
  IPreferences,
  'model' | 'bucket' | 'prefix' | 'roleArn' | 'firstQuestion' | 'keepAwake'
>;

/** What a form starts with: what was kept, and the user's settings where nothing was. */
export function startingDraft(kept: Partial<Draft>, preferences?: PreferredValues): Draft {
  return {
    ...EMPTY_DRAFT,
    ...kept,
    source: kept.source || preferences?.model || '',
    bucket: kept.bucket || preferences?.bucket || '',
    prefix: kept.prefix || preferences?.prefix || '',
    role: kept.role || preferences?.roleArn || '',
    firstQuestion: kept.firstQuestion ?? preferences?.firstQuestion ?? '',
    keepAwake: kept.keepAwake ?? preferences?.keepAwake ?? true,
    // Agreed to for what was seen then, which may be something else now.
    allowOverwrite: false
  };
}

/** What a state database has kept; whatever is not of the right type is left out. */
export function readDraft(kept: unknown): Partial<Draft> {
  if (typeof kept !== 'object' || kept === null) {
    return {};
  }
  const values = kept as Record<string, unknown>;
  const draft: Partial<Draft> = {};
  for (const name of [
    'source',
    'bucket',
    'prefix',
    'role',
    'importedModelName',
    'chatTemplate',
    'firstQuestion'
  ] as const) {
    const value = values[name];
    if (typeof value === 'string') {
      draft[name] = value;
    }
  }
  for (const name of ['viaDisk', 'keepAwake'] as const) {
    const value = values[name];
    if (typeof value === 'boolean') {
      draft[name] = value;
    }
  }
  return draft;
}

/** What differs from a form that nobody has touched. */
export function enteredIn(draft: Draft): Partial<Draft> {
  const untouched: Record<string, unknown> = { ...EMPTY_DRAFT };
  return Object.fromEntries(
    Object.entries(draft).filter(([name, value]) => value !== untouched[name])
  );
}

/** What the engine is asked to review; undefined while something is missing. */
export function toWish(draft: Draft): ImportWish | undefined {
  const text = (value: string): string | undefined => value.trim() || undefined;
  const model = text(draft.source);
  const bucket = text(draft.bucket);
  const role = text(draft.role);
  const templateMissing = draft.chatTemplate?.trim() === '';
  if (model === undefined || bucket === undefined || role === undefined || templateMissing) {
    return undefined;
  }
  return {
    model,
    viaDisk: draft.viaDisk || undefined,
    bucket,
    prefix: text(draft.prefix),
    roleArn: role === CREATE_ROLE ? undefined : role,
    importedModelName: text(draft.importedModelName),
    chatTemplate: draft.chatTemplate
  };
}

/** Whether two drafts need the same review. */
export function sameWish(one: Draft, other: Draft): boolean {
  return JSON.stringify(toWish(one)) === JSON.stringify(toWish(other));
}
