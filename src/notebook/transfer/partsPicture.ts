import { formatBytes } from '../../engine';
import type { CopyPlan, PlannedFile } from '../../engine';
import { COLOURS, drawing, html, rounded, STYLES, table, View } from '../display';
import type { SafeHtml } from '../display';

const WIDTH = 640;
const NAME_WIDTH = 220;
const ROW = 22;
const HEAD = 58;
/** More parts than this are drawn as one band: nobody can tell them apart. */
const MOST_PARTS = 60;

/**
 * How the files of a copy are sent: each part is one request to the hub for a range of bytes, whose answer is
 * at the same time the body of one request to S3.
 */
export function partsPicture(plan: Pick<CopyPlan, 'files'>): View {
  const files = [...plan.files].sort((a, b) => b.sizeBytes - a.sizeBytes);
  const words = table(
    files.map(file => [
      file.path,
      formatBytes(file.sizeBytes),
      file.partCount > 1 ? `${file.partCount} parts of ${formatBytes(file.partSizeBytes)}` : 'whole'
    ]),
    { head: ['File', 'Size', 'Sent'], columns: ['left', 'right', 'left'] }
  );
  const largest = Math.max(1, ...files.map(({ sizeBytes }) => sizeBytes));
  const height = HEAD + files.length * ROW + 4;
  const picture = drawing(
    { width: WIDTH, height, label: words.text },
    html` ${road()}${files.map((file, index) => row(file, HEAD + index * ROW, largest))}`
  );
  return new View(
    html`<div style="${STYLES.block}">${picture}</div>`,
    `hub → this machine → S3\n\n${words.text}`,
    picture
  );
}

/** Hub, this machine, S3, and what goes between them. */
function road(): SafeHtml[] {
  const stations = ['Hugging Face Hub', 'this machine', 'Amazon S3'];
  const width = 130;
  const gap = (WIDTH - stations.length * width) / (stations.length - 1);
  const arrows = ['GET, a range', 'PUT, signed'];
  return stations.map((name, index) => {
    const x = index * (width + gap);
    const arrow = arrows[index];
    return html`<rect
        x="${x + 0.5}"
        y="8.5"
        width="${width - 1}"
        height="26"
        rx="4"
        fill="${COLOURS.raised}"
        stroke="${COLOURS.line}"
      /><text x="${x + width / 2}" y="26" text-anchor="middle" fill="${COLOURS.text}">${name}</text
      >${
        arrow !== undefined &&
        html`<line
            x1="${x + width + 6}"
            x2="${x + width + gap - 8}"
            y1="22"
            y2="22"
            stroke="${COLOURS.brand}"
            stroke-width="2"
          /><path d="M ${x + width + gap - 10} 17 l 8 5 l -8 5 z" fill="${COLOURS.brand}" /><text
            x="${x + width + gap / 2}"
            y="16"
            text-anchor="middle"
            fill="${COLOURS.faint}"
            >${arrow}</text
          >`
      }`;
  });
}

function row({ path, sizeBytes, partCount }: PlannedFile, y: number, largest: number): SafeHtml {
  const room = WIDTH - NAME_WIDTH;
  const width = Math.max(2, (sizeBytes / largest) * room);
  const parts = partCount > MOST_PARTS ? 1 : Math.max(1, partCount);
  const name = path.length > 32 ? `…${path.slice(-31)}` : path;
  return html`<text x="0" y="${y + 14}" fill="${COLOURS.text}">${name}</text>${Array.from(
      { length: parts },
      (_, index) =>
        html`<rect
          x="${rounded(NAME_WIDTH + (index * width) / parts)}"
          y="${y + 3}"
          width="${rounded(Math.max(1, width / parts - 1))}"
          height="${ROW - 8}"
          fill="${COLOURS.brand}"
          fill-opacity="${index % 2 === 0 ? '0.9' : '0.65'}"
          ><title>${`${path}: part ${index + 1} of ${parts}`}</title></rect
        >`
    )}`;
}
