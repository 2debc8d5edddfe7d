import { BedrockImportError } from '../errors';

const MAX_NAME = 63;
const COMMIT_DIGITS = 8;

export interface ImportNames {
  /** Holds the time, because Bedrock never lets the name of a job be used again. */
  jobName: string;
  /** The same for the same model and commit, so that a second import of it is noticed. */
  importedModelName: string;
}

/**
 * Valid names for an import, from the last segment of the model's id and its commit, such as
 * `SmolLM2-135M-Instruct-12fd25f7`. Never throws, whatever the id.
 */
export function suggestImportNames(
  modelId: string,
  commitSha: string,
  options: { now?: Date } = {}
): ImportNames {
  const commit = shortCommit(commitSha);
  const time = compactTime(options.now ?? new Date());
  const base = asciiWords(modelId.slice(modelId.lastIndexOf('/') + 1)) || 'model';
  const end = `-${commit}`;
  const jobEnd = `${end}-${time}`;
  return {
    jobName: `${cut(base, MAX_NAME - jobEnd.length)}${jobEnd}`,
    importedModelName: `${cut(base, MAX_NAME - end.length)}${end}`
  };
}

/**
 * Accepts what `([0-9a-zA-Z][_-]?)+` with 1 to 63 characters accepts (Amazon Bedrock API Reference,
 * "CreateModelImportJob").
 *
 * @throws BedrockImportError IMPORT_NAME_INVALID
 */
export function validateImportedModelName(name: string): void {
  let afterSeparator = true;
  for (const character of name.slice(0, MAX_NAME)) {
    const separator = character === '-' || character === '_';
    if (separator ? afterSeparator : !isLetterOrDigit(character)) {
      throw invalidName('model', name, describeFault(character, separator));
    }
    afterSeparator = separator;
  }
  checkLength('model', name);
}

/**
 * Accepts what `[a-zA-Z0-9](-*[a-zA-Z0-9\+\-\.])*` with 1 to 63 characters accepts (Amazon Bedrock
 * API Reference, "CreateModelImportJob"). That pattern takes exponential time in JavaScript, hence
 * the scan.
 *
 * @throws BedrockImportError IMPORT_NAME_INVALID
 */
export function validateJobName(name: string): void {
  let first = true;
  for (const character of name.slice(0, MAX_NAME)) {
    const separator = character === '-' || character === '+' || character === '.';
    if (separator ? first : !isLetterOrDigit(character)) {
      throw invalidName('job', name, describeFault(character, separator));
    }
    first = false;
  }
  checkLength('job', name);
}

function describeFault(character: string, separator: boolean): string {
  return separator
    ? `${JSON.stringify(character)} stands at the start or after another separator`
    : `it holds ${JSON.stringify(character)}`;
}

function checkLength(kind: 'model' | 'job', name: string): void {
  if (name.length === 0) {
    throw invalidName(kind, name, 'it is empty');
  }
  if (name.length > MAX_NAME) {
    throw invalidName(kind, name, `it has ${name.length} characters`);
  }
}

function invalidName(kind: 'model' | 'job', name: string, fault: string): BedrockImportError {
  const shown = JSON.stringify(name.length > MAX_NAME ? `${name.slice(0, MAX_NAME)}…` : name);
  const suggestion = cut(asciiWords(name), MAX_NAME);
  const rule =
    kind === 'model'
      ? '1 to 63 letters and digits, with single dashes or underscores between them'
      : '1 to 63 letters, digits, dashes, dots and plus signs, beginning with a letter or digit';
  return new BedrockImportError({
    code: 'IMPORT_NAME_INVALID',
    message: `Bedrock does not accept the ${kind === 'model' ? 'model name' : 'job name'} ${shown}: ${fault}.`,
    subject: name.slice(0, MAX_NAME),
    nextStep: `Use ${rule}${suggestion === '' || suggestion === name ? '.' : `, for example ${suggestion}.`}`,
    kind: 'blocked'
  });
}

function isLetterOrDigit(character: string): boolean {
  return (
    (character >= 'a' && character <= 'z') ||
    (character >= 'A' && character <= 'Z') ||
    (character >= '0' && character <= '9')
  );
}

/** Letters and digits, with one dash for whatever stood between them. */
function asciiWords(text: string): string {
  let words = '';
  let gap = false;
  for (const character of text.slice(0, 1000)) {
    if (isLetterOrDigit(character)) {
      words += gap && words !== '' ? `-${character}` : character;
      gap = false;
    } else {
      gap = true;
    }
  }
  return words;
}

function cut(words: string, length: number): string {
  const short = words.slice(0, length);
  return short.endsWith('-') ? short.slice(0, -1) : short;
}

function shortCommit(commitSha: string): string {
  const digits = asciiWords(commitSha).replaceAll('-', '').slice(0, COMMIT_DIGITS).toLowerCase();
  return digits === '' ? 'unknown' : digits;
}

/** `20261122-140500`, in UTC. */
function compactTime(now: Date): string {
  const valid = Number.isNaN(now.getTime()) ? new Date(0) : now;
  const digits = valid.toISOString().replace(/[^0-9T]/g, '');
  const [day = '', time = ''] = digits.split('T');
  return `${day.slice(-8)}-${time.slice(0, 6)}`;
}
