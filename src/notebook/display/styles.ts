/**
 * Styles as JupyterLab's own variables, so that light and dark themes both fit, with a fallback for front
 * ends that do not have them. Only inline: an output is shown alone, and also where nothing else is.
 */
export const COLOURS = {
  text: 'var(--jp-ui-font-color1, #333)',
  faint: 'var(--jp-ui-font-color2, #666)',
  line: 'var(--jp-border-color2, #ccc)',
  ground: 'var(--jp-layout-color1, #fff)',
  raised: 'var(--jp-layout-color2, #eee)',
  brand: 'var(--jp-brand-color1, #1976d2)',
  ok: 'var(--jp-success-color1, #388e3c)',
  warning: 'var(--jp-warn-color1, #e65100)',
  blocker: 'var(--jp-error-color1, #d32f2f)'
} as const;

export type Tone = 'ok' | 'warning' | 'blocker' | 'brand' | 'faint';

const FONT = 'font-family: var(--jp-ui-font-family, system-ui, sans-serif); font-size: 13px;';
export const CODE_FONT = 'font-family: var(--jp-code-font-family, monospace); font-size: 12px;';

export const STYLES = {
  block: `${FONT} line-height: 1.45; color: ${COLOURS.text}; max-width: 72em; margin: 4px 0;`,
  heading: 'font-size: 14px; font-weight: 600; margin: 8px 0 4px;',
  // JupyterLab centres tables and aligns their cells to the right.
  table: `${FONT} border-collapse: collapse; margin: 4px 0; color: ${COLOURS.text}; border: none;`,
  head: `text-align: left; font-weight: 600; padding: 3px 14px 3px 0; border: none; border-bottom: 1px solid ${COLOURS.line}; vertical-align: top; background: none;`,
  cell: `text-align: left; padding: 3px 14px 3px 0; border: none; border-bottom: 1px solid ${COLOURS.line}; vertical-align: top; overflow-wrap: anywhere;`,
  label: `text-align: left; padding: 2px 14px 2px 0; border: none; color: ${COLOURS.faint}; vertical-align: top; white-space: nowrap; font-weight: 400;`,
  value:
    'text-align: left; padding: 2px 0; border: none; vertical-align: top; overflow-wrap: anywhere;',
  row: 'background: none; border: none;',
  track: `height: 8px; border-radius: 4px; overflow: hidden; background: ${COLOURS.raised}; margin: 4px 0; max-width: 40em;`,
  code: `${CODE_FONT} color: ${COLOURS.text}; background: ${COLOURS.raised}; padding: 8px 10px; border-radius: 3px; margin: 4px 0; overflow: auto; max-height: 28em; white-space: pre; line-height: 1.4;`,
  inlineCode: `${CODE_FONT} background: none; padding: 0; color: ${COLOURS.text};`,
  faint: `color: ${COLOURS.faint};`,
  words: 'white-space: pre-wrap; overflow-wrap: anywhere;'
} as const;
