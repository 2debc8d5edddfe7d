/** Shorter values would blank out ordinary words, and no real secret is that short. */
const SHORTEST_SECRET = 6;

const SECRET_VARIABLES =
  /^(?:HF_TOKEN|HUGGING_FACE_HUB_TOKEN|HUGGINGFACE_HUB_TOKEN|AWS_SECRET_ACCESS_KEY|AWS_SESSION_TOKEN|AWS_SECURITY_TOKEN|AWS_CONTAINER_AUTHORIZATION_TOKEN|AWS_BEARER_TOKEN_\w+)$/;

const MASK = '***';

const PATTERNS: ReadonlyArray<readonly [RegExp, string]> = [
  [
    /((?:X-Amz-(?:Signature|Credential|Security-Token)|Signature|Policy|Key-Pair-Id)(?:=|%3D))[^&\s"'<>,;)\\]+/gi,
    `$1${MASK}`
  ],
  [/("?\b(?:proxy-)?authorization"?\s*[:=]\s*)(?:"[^"\n]*"|'[^'\n]*'|[^\n"'}]+)/gi, `$1${MASK}`],
  [/(\bx-amz-security-token"?\s*:\s*"?)[^\s",}]+/gi, `$1${MASK}`],
  [/(\bBearer\s+)[\w.~+/=-]{6,}/gi, `$1${MASK}`],
  [/\bhf_[A-Za-z0-9]{16,}/g, `hf_${MASK}`],
  [/(:\/\/)[^\s/@:"']+:[^\s/@"']+@/g, `$1${MASK}@`]
];

/**
 * Last line of defence for everything that the command prints: no code should ever put a secret
 * into a message, and when one does all the same, it leaves this process as `***`.
 */
export interface Redactor {
  /** Adds a secret that became known later, such as a token read from a file. */
  add(secret: string | undefined): void;
  redact(text: string): string;
}

export function createRedactor(env: Readonly<Record<string, string | undefined>>): Redactor {
  const secrets = new Set<string>();
  let ordered: string[] = [];
  const add = (secret: string | undefined): void => {
    for (const form of formsOf(secret ?? '')) {
      secrets.add(form);
    }
    // Longest first, so that a secret that contains another one leaves nothing behind.
    ordered = [...secrets].sort((a, b) => b.length - a.length);
  };
  for (const [name, value] of Object.entries(env)) {
    if (SECRET_VARIABLES.test(name)) {
      add(value);
    }
  }
  const redact = (text: string): string => {
    let clean = text;
    for (const secret of ordered) {
      clean = clean.replaceAll(secret, MASK);
    }
    for (const [pattern, replacement] of PATTERNS) {
      clean = clean.replace(pattern, replacement);
    }
    return clean;
  };
  return { add, redact };
}

/** A secret as it may appear: whole, line by line, inside JSON, inside a URL. */
function formsOf(secret: string): string[] {
  const whole = secret.trim();
  const pieces = [whole, ...whole.split(/[\u0000-\u0020\u007f]+/)];
  const forms = pieces.flatMap(piece => [
    piece,
    JSON.stringify(piece).slice(1, -1),
    encodeQuietly(piece)
  ]);
  return forms.filter(form => form.length >= SHORTEST_SECRET);
}

function encodeQuietly(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    return text;
  }
}
