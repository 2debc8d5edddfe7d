import { formatBytes } from '../../engine';
import { COLOURS, drawing, html, rounded, STYLES, View } from '../display';
import type { RateSample } from './measureCopy';

const WIDTH = 640;
const HEIGHT = 130;
const LEFT = 90;
const TOP = 12;
const BOTTOM = 24;

/** How much had arrived in S3 when. */
export function ratePicture(samples: readonly RateSample[]): View {
  const first = samples[0]?.ms ?? 0;
  const lastMs = Math.max(1, ...samples.map(({ ms }) => ms - first));
  const most = Math.max(1, ...samples.map(({ movedBytes }) => movedBytes));
  const x = (ms: number): number => rounded(LEFT + ((ms - first) / lastMs) * (WIDTH - LEFT - 10));
  const y = (bytes: number): number => rounded(TOP + (1 - bytes / most) * (HEIGHT - TOP - BOTTOM));
  const line = samples.map(({ ms, movedBytes }) => `${x(ms)},${y(movedBytes)}`).join(' ');
  const words = `In S3 after ${(lastMs / 1000).toFixed(1)} s: ${formatBytes(most)}`;
  const picture = drawing(
    { width: WIDTH, height: HEIGHT, label: words },
    html` <path
        d="M ${LEFT} ${TOP} V ${HEIGHT - BOTTOM} H ${WIDTH - 10}"
        fill="none"
        stroke="${COLOURS.line}"
      />
      <polyline points="${line}" fill="none" stroke="${COLOURS.brand}" stroke-width="2" />
      <text x="${LEFT - 6}" y="${TOP + 6}" text-anchor="end" fill="${COLOURS.text}">
        ${formatBytes(most)}
      </text>
      <text x="${LEFT - 6}" y="${HEIGHT - BOTTOM}" text-anchor="end" fill="${COLOURS.text}">0</text>
      <text x="${LEFT}" y="${HEIGHT - 6}" fill="${COLOURS.faint}">0 s</text>
      <text x="${WIDTH - 10}" y="${HEIGHT - 6}" text-anchor="end" fill="${COLOURS.faint}">
        ${`${(lastMs / 1000).toFixed(1)} s`}
      </text>`
  );
  return new View(html`<div style="${STYLES.block}">${picture}</div>`, words, picture);
}
