import { html } from './safeHtml';
import type { HtmlValue, SafeHtml } from './safeHtml';
import { COLOURS } from './styles';

const STYLE =
  'max-width: 100%; height: auto; font-family: var(--jp-ui-font-family, system-ui, sans-serif); font-size: 12px;';

export interface PictureFrame {
  /** In its own units, and in CSS pixels where there is room. */
  width: number;
  height: number;
  /** The same in words. */
  label: string;
}

/** An SVG on the ground of the theme. */
export function drawing({ width, height, label }: PictureFrame, content: HtmlValue): SafeHtml {
  return html`<svg
    xmlns="http://www.w3.org/2000/svg"
    viewBox="0 0 ${width} ${height}"
    width="${width}"
    height="${height}"
    role="img"
    aria-label="${label}"
    style="${STYLE}"
  >
    <rect width="${width}" height="${height}" fill="${COLOURS.ground}" />
    ${content}
  </svg>`;
}

/** A coordinate, to a tenth. */
export function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
