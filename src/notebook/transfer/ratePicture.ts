import { formatBytes } from '../../engine';
import { COLOURS, html, STYLES, View } from '../display';
import type { RateSample } from './measureCopy';

const WIDTH = 640;
const HEIGHT = 130;
const LEFT = 90;
const TOP = 12;
const BOTTOM = 24;
const SVG_STYLE =
  'max-width: 100%; height: auto; font-family: var(--jp-ui-font-family, system-ui, sans-serif); font-size: 12px;';

/** How much had arrived in S3 when. */
export function ratePicture(samples: readonly RateSample[]): View {
  const first = samples[0]?.ms ?? 0;
  const lastMs = Math.max(1, ...samples.map(({ ms }) => ms - first));
  const most = Math.max(1, ...samples.map(({ movedBytes }) => movedBytes));
  const x = (ms: number): number => rounded(LEFT + ((ms - first) / lastMs) * (WIDTH - LEFT - 10));
  const y = (bytes: number): number => rounded(TOP + (1 - bytes / most) * (HEIGHT - TOP - BOTTOM));
  const line = samples.map(({ ms, movedBytes }) => `${x(ms)},${y(movedBytes)}`).join(' ');
  const words = `In S3 after ${(lastMs / 1000).toFixed(1)} s: ${formatBytes(most)}`;
  const picture = html`<svg
    xmlns="http://www.w3.org/2000/svg"
    viewBox="0 0 ${WIDTH} ${HEIGHT}"
    width="${WIDTH}"
    height="${HEIGHT}"
    role="img"
    aria-label="${words}"
    style="${SVG_STYLE}"
  >
    <rect width="${WIDTH}" height="${HEIGHT}" fill="${COLOURS.ground}" />
    <path
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
    </text>
  </svg>`;
  return new View(html`<div style="${STYLES.block}">${picture}</div>`, words, picture);
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
