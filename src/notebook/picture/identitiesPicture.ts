import { COLOURS, html, STYLES, View } from '../display';
import type { SafeHtml } from '../display';

export interface PicturedIdentities {
  /** Name of the notebook's role or user. */
  notebook: string;
  /** Name of the role that Bedrock reads with; missing when there is none yet. */
  importRole?: string;
  bucket: string;
  /** One role is both. */
  shared: boolean;
}

const WIDTH = 680;
const HEIGHT = 236;
const BOX = { width: 210, height: 62 };
const LEFT = 1;
const RIGHT = WIDTH - BOX.width - 1;
const TOP = 1;
const BOTTOM = HEIGHT - BOX.height - 1;
/** Longer names would leave their box. */
const MOST_LETTERS = 28;
const HEAD = 7;

/** Who does what in an import: the notebook's identity, Bedrock, the role between them, and the bucket. */
export function identitiesPicture(who: PicturedIdentities): View {
  const { notebook, importRole, bucket, shared } = who;
  const words = [
    `The notebook, as ${notebook}, writes the model's files to the bucket ${bucket}.`,
    `The notebook starts the import at Bedrock and passes it the role ${importRole ?? '(none yet)'}.`,
    `Bedrock acts as ${importRole ?? 'that role'} and reads the files from the bucket ${bucket}.`,
    ...(shared ? ['Both are the same role.'] : [])
  ].join('\n');
  const role = importRole ?? 'none yet';
  const picture = html`<svg
    xmlns="http://www.w3.org/2000/svg"
    viewBox="0 0 ${WIDTH} ${HEIGHT}"
    width="${WIDTH}"
    height="${HEIGHT}"
    role="img"
    aria-label="${words}"
    font-family="system-ui, sans-serif"
    font-size="12"
  >
    ${box(LEFT, TOP, '1  Notebook', notebook, COLOURS.brand)}${box(RIGHT, TOP, 'Amazon Bedrock', 'import job', COLOURS.line)}${box(LEFT, BOTTOM, 'Amazon S3', bucket, COLOURS.line)}${box(RIGHT, BOTTOM, shared ? '2  Import role (the same)' : '2  Import role', role, importRole === undefined ? COLOURS.warning : COLOURS.ok)}
    ${across(TOP, true, 'starts the import,', 'passes role 2 (iam:PassRole)')}${across(BOTTOM, false, 'reads the files', '(s3:GetObject, s3:ListBucket)')}${down(LEFT, 'writes the files (s3:PutObject)', 'start')}${down(RIGHT, 'acts as (sts:AssumeRole)', 'end')}
  </svg>`;
  return new View(html`<div style="${STYLES.block}">${picture}</div>`, words, picture);
}

function box(x: number, y: number, title: string, name: string, colour: string): SafeHtml {
  return html`<rect
      x="${x}"
      y="${y}"
      width="${BOX.width}"
      height="${BOX.height}"
      rx="4"
      fill="none"
      stroke="${colour}"
      stroke-width="2"
    /><text x="${x + 12}" y="${y + 25}" font-weight="600" fill="${COLOURS.text}">${title}</text
    ><text x="${x + 12}" y="${y + 45}" fill="${COLOURS.text}"
      >${shortened(name)}<title>${name}</title></text
    >`;
}

/** Between the boxes of one height. */
function across(y: number, toRight: boolean, first: string, second: string): SafeHtml {
  const from = LEFT + BOX.width + 6;
  const to = RIGHT - 6;
  const at = y + BOX.height / 2;
  const tip = toRight ? to : from;
  const back = toRight ? tip - HEAD : tip + HEAD;
  const middle = (from + to) / 2;
  return html`${line(from, at, to, at)}${line(tip, at, back, at - 4)}${line(tip, at, back, at + 4)}<text
      x="${middle}"
      y="${at - 8}"
      text-anchor="middle"
      fill="${COLOURS.text}"
      >${first}</text
    ><text x="${middle}" y="${at + 18}" text-anchor="middle" fill="${COLOURS.faint}"
      >${second}</text
    >`;
}

/** From the upper box of a side to its lower one. */
function down(x: number, words: string, side: 'start' | 'end'): SafeHtml {
  const at = x + BOX.width / 2;
  const from = TOP + BOX.height + 5;
  const to = BOTTOM - 5;
  const beside = side === 'start' ? at + 10 : at - 10;
  return html`${line(at, from, at, to)}${line(at, to, at - 4, to - HEAD)}${line(at, to, at + 4, to - HEAD)}<text
      x="${beside}"
      y="${(from + to) / 2 + 4}"
      text-anchor="${side}"
      fill="${COLOURS.text}"
      >${words}</text
    >`;
}

function line(x1: number, y1: number, x2: number, y2: number): SafeHtml {
  return html`<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${COLOURS.text}" />`;
}

function shortened(name: string): string {
  return name.length > MOST_LETTERS ? `${name.slice(0, MOST_LETTERS - 1)}…` : name;
}
