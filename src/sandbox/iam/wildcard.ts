/**
 * Whether `text` matches a policy's pattern, where `*` stands for any run of characters and `?` for
 * one. Linear in practice and never exponential: it goes back to the last star only.
 */
export function matchesWildcard(pattern: string, text: string): boolean {
  let inPattern = 0;
  let inText = 0;
  let star = -1;
  let afterStar = 0;
  while (inText < text.length) {
    const wanted = pattern[inPattern];
    if (wanted === '*') {
      star = inPattern++;
      afterStar = inText;
    } else if (wanted === '?' || wanted === text[inText]) {
      inPattern++;
      inText++;
    } else if (star >= 0) {
      inPattern = star + 1;
      inText = ++afterStar;
    } else {
      return false;
    }
  }
  while (pattern[inPattern] === '*') {
    inPattern++;
  }
  return inPattern === pattern.length;
}

/** As ArnLike and ArnEquals do it: each of the six parts of an ARN for itself. */
export function matchesArn(pattern: string, arn: string): boolean {
  const wanted = arnParts(pattern);
  const found = arnParts(arn);
  return (
    wanted.length === 6 &&
    found.length === 6 &&
    wanted.every((part, index) => matchesWildcard(part, found[index] ?? ''))
  );
}

function arnParts(arn: string): string[] {
  const parts = arn.split(':');
  return parts.length <= 6 ? parts : [...parts.slice(0, 5), parts.slice(5).join(':')];
}
