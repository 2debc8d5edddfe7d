const LONGEST_TEXT = 600;

/**
 * Text of a service as it may be shown: one line, of bounded length, without access key ids, bearer
 * tokens, signatures or the query of a signed URL.
 */
export function withoutSecrets(text: string): string {
  const oneLine = Array.from(text.slice(0, 4 * LONGEST_TEXT), character =>
    character < ' ' || character === '\u007f' ? ' ' : character
  ).join('');
  const clean = oneLine
    .replace(/\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b/g, '(access key id)')
    .replace(/\b(?:Bearer|Basic)\s+[^\s"',]+/gi, '(authorization)')
    .replace(/\bAWS4-HMAC-SHA256\b.*/g, '(signature)')
    .replace(
      /\b(X-Amz-(?:Signature|Security-Token|Credential)|Signature|AWSAccessKeyId)([=:]\s*)[^&\s"',]+/gi,
      '$1$2(hidden)'
    )
    .replace(/\bhf_[A-Za-z0-9]{8,}/g, '(token)')
    .replace(/ {2,}/g, ' ')
    .trim();
  return clean.length > LONGEST_TEXT ? `${clean.slice(0, LONGEST_TEXT)}…` : clean;
}
