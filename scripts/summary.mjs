/** The plain summary of one import, from what `bedrock-import import --json` prints. */

function bytes(count) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = count;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** How many files were proved in which way, such as `3 by s3-put-checksum`. */
function proofs(files) {
  const counts = new Map();
  for (const { provedBy } of files) {
    counts.set(provedBy, (counts.get(provedBy) ?? 0) + 1);
  }
  const ways = [...counts].map(([way, count]) => `${count} by ${way}`);
  return `${files.length} of ${files.length} files by SHA-256 (${ways.join(', ')})`;
}

/** @returns One line for each fact, label first. */
export function summaryLines(result, { seconds, peakMemoryBytes }) {
  const { copy, model, answer } = result;
  const rows = [
    ['Copied', `${bytes(copy.movedBytes)} of ${bytes(copy.totalBytes)} to ${copy.destination}`],
    [
      'Copy',
      `${copy.seconds.toFixed(1)} s, ${bytes(copy.bytesPerSecond)}/s, ${copy.retries} retries`
    ],
    ['Job', `${seconds.toFixed(1)} s with import and answer`],
    [
      'Memory',
      peakMemoryBytes === undefined ? 'not measured here' : `${bytes(peakMemoryBytes)} at most`
    ],
    ['Proved', proofs(copy.files)],
    ['Model', model.modelArn]
  ];
  if (answer !== undefined) {
    rows.push(['Answer', answer.text.trim()]);
  }
  return rows.map(([label, text]) => `${label.padEnd(12)}${text}`);
}
