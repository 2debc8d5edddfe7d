/** Rules for all files, whatever their language, that no linter here knows. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { root, run } from './processes.mjs';

const MAX_LINES = 500;
const CODE = /\.(ts|tsx|mjs|cjs|js|py|css)$/;
// Data that a program writes, and this file, which has to name what it looks for.
const EXEMPT = /(^|\/)(package-lock\.json|house-rules(\.test)?\.mjs)$/;
const EMPTY_NAMES = /(^|\/)(utils?|helpers?|misc|common)(\.|\/)/i;
const LATER = /\b(TODO|FIXME|XXX)\b/;
const SWITCHED_OFF = /eslint-disable|@ts-(ignore|nocheck)|#\s*type:\s*ignore/;
// What the machine decides when the tests begin, such as whether a disk can be mounted, is no rest.
const WHERE_POSSIBLE = /\bcanMount\(.+ \? (it|describe) : \1\.skip;|\btest\.skip\(!/;
const NOT_RUN = new RegExp(
  `^(?!.*(?:${WHERE_POSSIBLE.source}))` +
    /.*(?:\b(?:it|test|describe)\.(?:skip|only|todo)\b|pytest\.mark\.(?:skip|xfail)\b)/.source
);

const LINE_RULES = [
  [LATER, 'says what is missing; do it or open an issue'],
  [SWITCHED_OFF, 'switches a check off'],
  [NOT_RUN, 'is a test that does not run, or keeps others from running']
];

/** @returns One line for each violation in a file. */
export function violationsIn(path, text) {
  const found = [];
  if (EXEMPT.test(path)) {
    return found;
  }
  if (EMPTY_NAMES.test(path)) {
    found.push(`${path}: the name says nothing; name it after what is in it`);
  }
  if (!CODE.test(path)) {
    return found;
  }
  const lines = text.split('\n');
  if (lines.length - 1 > MAX_LINES) {
    found.push(`${path}: ${lines.length - 1} lines; split it by sense at ${MAX_LINES}`);
  }
  lines.forEach((line, index) => {
    for (const [pattern, why] of LINE_RULES) {
      if (pattern.test(line)) {
        found.push(`${path}:${index + 1}: ${why}`);
      }
    }
  });
  return found;
}

/** Violations in all files that git knows or would add. */
export async function violations() {
  const listed = await run(
    ['git', 'ls-files', '--cached', '--others', '--exclude-standard', '-z', '--deduplicate'],
    { output: 'keep' }
  );
  if (listed.code !== 0) {
    throw new Error(`git cannot list the files: ${listed.text}`);
  }
  return listed.stdout
    .split('\0')
    .filter(Boolean)
    .flatMap(path => {
      let text;
      try {
        text = readFileSync(join(root, path), 'utf8');
      } catch {
        // Deleted, and not committed yet.
        return [];
      }
      return violationsIn(path, text);
    });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const found = await violations();
  for (const line of found) {
    process.stdout.write(`${line}\n`);
  }
  process.exit(found.length === 0 ? 0 : 1);
}
