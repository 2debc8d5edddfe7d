export { DISPLAY, displayedAs, hideSecret, isDisplayed, View } from './bundle';
export type { Displayed, MimeBundle } from './bundle';
export { cellSignal, jupyter, withCellSignal } from './jupyter';
export type { JupyterOfDeno } from './jupyter';
export { LiveDisplay } from './liveDisplay';
export { drawing, rounded } from './picture';
export { printed } from './plainText';
export {
  badge,
  bar,
  code,
  details,
  heading,
  keyValues,
  note,
  points,
  stack,
  table
} from './primitives';
export type { Cell, TableOptions } from './primitives';
export { requireYes } from './requireYes';
export { html, SafeHtml } from './safeHtml';
export type { HtmlValue } from './safeHtml';
export { show } from './show';
export { COLOURS, STYLES } from './styles';
export type { Tone } from './styles';
