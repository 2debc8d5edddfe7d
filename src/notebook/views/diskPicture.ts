import { formatBytes } from '../../engine';
import type { DiskPlan, DiskReport, DiskUsage } from '../../engine';
import {
  COLOURS,
  drawing,
  html,
  keyValues,
  note,
  rounded,
  SafeHtml,
  stack,
  STYLES,
  View
} from '../display';

const WIDTH = 640;
const BAR_HEIGHT = 22;
const DISK_Y = 22;
const NEED_Y = 70;
const LETTER_WIDTH = 7;
const MARGIN_OPACITY = '0.45';

/** What a picture shows, in bytes. */
interface Shares {
  used: number;
  reserved: number;
  available: number;
  /** Of the model. */
  size: number;
  /** 5 % and 2 GB. */
  margin: number;
}

/**
 * A disk as a bar, as `df` counts it, and under it what a model needs with its margin of 5 % and 2 GB,
 * beginning where the free space does: what reaches past the end of the disk does not fit.
 */
export function diskPicture(disk: DiskReport | DiskPlan | DiskUsage): View {
  const plan = 'plan' in disk ? disk.plan : 'usage' in disk ? disk : undefined;
  const usage = plan?.usage ?? (disk as DiskUsage);
  const words = wordsOf(usage, plan);
  if (usage.unlimited) {
    return words;
  }
  const picture = diskDrawing(
    {
      used: usage.usedBytes,
      reserved: usage.reservedBytes,
      available: usage.availableBytes,
      size: plan?.sizeBytes ?? 0,
      margin: plan === undefined ? 0 : plan.requiredBytes - plan.sizeBytes
    },
    plan,
    words.text
  );
  return new View(
    html`<div style="${STYLES.block}">${picture}${words.html}</div>`,
    words.text,
    picture
  );
}

function wordsOf(usage: DiskUsage, plan: DiskPlan | undefined): View {
  const { unlimited } = usage;
  return stack(
    keyValues([
      ['Disk of', usage.path],
      ['File system', usage.fileSystemType],
      ['Total', unlimited ? 'elastic, grows as needed' : formatBytes(usage.totalBytes)],
      ['Used', formatBytes(usage.usedBytes)],
      [
        'Reserved',
        usage.reservedBytes > 0 ? `${formatBytes(usage.reservedBytes)} (root only)` : undefined
      ],
      ['Available', unlimited ? 'elastic' : formatBytes(usage.availableBytes)],
      ['Model', plan && formatBytes(plan.sizeBytes)],
      ['Needed', plan && `${formatBytes(plan.requiredBytes)} (size × 1.05 + 2 GB)`],
      [
        'Missing',
        plan !== undefined && plan.missingBytes > 0 ? formatBytes(plan.missingBytes) : undefined
      ]
    ]),
    plan && note(plan.explanation, { tone: plan.fits ? 'ok' : 'blocker' })
  );
}

function diskDrawing(shares: Shares, plan: DiskPlan | undefined, label: string): SafeHtml {
  const { used, reserved, available, size, margin } = shares;
  const taken = used + reserved;
  const total = taken + available;
  const scale = WIDTH / Math.max(1, total, taken + size + margin);
  const at = (bytes: number): number => rounded(bytes * scale);
  const need = plan?.fits === false ? COLOURS.blocker : COLOURS.ok;
  const legendY = plan === undefined ? 66 : 114;
  const height = legendY + 10;
  const parts: Part[] = [
    { word: 'used', colour: COLOURS.brand },
    ...(reserved > 0 ? [{ word: 'reserved for root', colour: COLOURS.faint }] : []),
    { word: 'available', colour: COLOURS.raised },
    ...(plan === undefined
      ? []
      : [
          { word: 'the model', colour: need },
          { word: 'its margin: 5 % and 2 GB', colour: need, opacity: MARGIN_OPACITY }
        ])
  ];
  return drawing(
    { width: WIDTH, height, label },
    html` ${caption(0, 14, `Disk: ${formatBytes(total)}`)}${bar(0, DISK_Y, at(total), COLOURS.raised, `Available: ${formatBytes(available)}`)}${bar(0, DISK_Y, at(used), COLOURS.brand, `Used: ${formatBytes(used)}`)}${bar(at(used), DISK_Y, at(reserved), COLOURS.faint, `Reserved: ${formatBytes(reserved)}`)}
      <rect
        x="0.5"
        y="${DISK_Y + 0.5}"
        width="${Math.max(1, at(total) - 1)}"
        height="${BAR_HEIGHT - 1}"
        fill="none"
        stroke="${COLOURS.line}"
      />
      ${inside(6, formatBytes(used), at(used))}${
        plan !== undefined &&
        html`${caption(Math.min(at(taken), WIDTH - 130), NEED_Y - 8, `Needed: ${formatBytes(size + margin)}`)}${bar(at(taken), NEED_Y, at(size), need, `Model: ${formatBytes(size)}`)}${bar(at(taken + size), NEED_Y, at(margin), need, `Margin: ${formatBytes(margin)}`, MARGIN_OPACITY)}<line
            x1="${at(total)}"
            x2="${at(total)}"
            y1="${DISK_Y - 4}"
            y2="${NEED_Y + BAR_HEIGHT + 4}"
            stroke="${COLOURS.text}"
            stroke-dasharray="3 3"
          />`
      }${legend(parts, legendY)}`
  );
}

interface Part {
  word: string;
  colour: string;
  opacity?: string;
}

/** What each colour stands for, side by side. */
function legend(parts: readonly Part[], y: number): SafeHtml[] {
  let x = 0;
  return parts.map(({ word, colour, opacity = '1' }) => {
    const left = x;
    x += 30 + word.length * LETTER_WIDTH;
    return html`<rect
        x="${left + 0.5}"
        y="${y - 9.5}"
        width="10"
        height="10"
        fill="${colour}"
        fill-opacity="${opacity}"
        stroke="${COLOURS.line}"
      />${caption(left + 16, y, word)}`;
  });
}

function bar(
  x: number,
  y: number,
  width: number,
  colour: string,
  title: string,
  opacity = '1'
): SafeHtml {
  return html`<rect
    x="${x}"
    y="${y}"
    width="${Math.max(0, width)}"
    height="${BAR_HEIGHT}"
    fill="${colour}"
    fill-opacity="${opacity}"
    ><title>${title}</title></rect
  >`;
}

function caption(x: number, y: number, words: string): SafeHtml {
  return html`<text x="${Math.max(0, x)}" y="${y}" fill="${COLOURS.text}">${words}</text>`;
}

/** White on the brand's colour; left out where it does not fit. */
function inside(x: number, words: string, room: number): SafeHtml | undefined {
  return room < words.length * LETTER_WIDTH + 12
    ? undefined
    : html`<text x="${x}" y="${DISK_Y + 15}" fill="#fff">${words}</text>`;
}
