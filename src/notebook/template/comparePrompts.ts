import { BedrockImportError, renderChatTemplate } from '../../engine';
import type { RenderChatTemplateOptions } from '../../engine';
import {
  badge,
  COLOURS,
  displayedAs,
  heading,
  html,
  note,
  stack,
  STYLES,
  table,
  View
} from '../display';
import type { Displayed, SafeHtml } from '../display';
import { markersIn, partsOfPrompt } from './markers';

/** A template with a name, and with the tokens that it asks for. */
export interface NamedTemplate {
  title: string;
  template: string;
  bosToken?: string;
  eosToken?: string;
}

/** What a template makes of a conversation: the prompt, or why there is none. */
export interface ComparedPrompt {
  title: string;
  prompt?: string;
  refusal?: string;
}

/**
 * One conversation, laid out by several templates side by side. A template that refuses it says why.
 *
 * @throws BedrockImportError `CHAT_TEMPLATE_INVALID`
 */
export function comparePrompts(
  templates: readonly NamedTemplate[],
  conversation: Omit<RenderChatTemplateOptions, 'bosToken' | 'eosToken'>
): ComparedPrompt[] & Displayed {
  const compared = templates.map(({ title, template, bosToken, eosToken }): ComparedPrompt => {
    try {
      return {
        title,
        prompt: renderChatTemplate(template, { ...conversation, bosToken, eosToken })
      };
    } catch (error) {
      if (error instanceof BedrockImportError && error.code === 'CHAT_TEMPLATE_REFUSED') {
        return { title, refusal: error.message };
      }
      throw error;
    }
  });
  return displayedAs(compared, () => comparisonView(compared));
}

/** A prompt with its markers in colour. */
export function promptView(prompt: string): View {
  return new View(html`<pre style="${STYLES.code}">${coloured(prompt)}</pre>`, prompt);
}

/**
 * Whether the tokenizer knows each marker of a prompt as one token. The others reach the model as letters: it
 * has never seen them in that place.
 *
 * @param tokens - Of the tokenizer, as `readModelTemplate` finds them.
 */
export function markersTable(prompt: string, tokens: readonly string[]): View {
  const markers = markersIn(prompt);
  const unknown = markers.filter(marker => !tokens.includes(marker));
  return stack(
    table(
      markers.map(marker =>
        tokens.includes(marker)
          ? [marker, badge('one token', 'ok')]
          : [marker, badge('unknown: read letter by letter', 'warning')]
      ),
      { head: ['Marker of the prompt', 'In the tokenizer'], empty: 'The prompt has no markers.' }
    ),
    unknown.length > 0 &&
      note(
        `${unknown.length} of ${markers.length} markers are unknown to this tokenizer: the template does not belong to this model.`,
        { tone: 'warning' }
      )
  );
}

function comparisonView(compared: readonly ComparedPrompt[]): View {
  const width = `${Math.floor(100 / Math.max(1, compared.length))}%`;
  const columns = compared.map(
    ({ title, prompt, refusal }) =>
      html`<td style="${STYLES.cell} width: ${width};">
        <div style="${STYLES.heading}">${title}</div>
        ${prompt === undefined ? refusalView(refusal).html : html`<pre style="${STYLES.code} white-space: pre-wrap; overflow-wrap: anywhere; max-height: none;">${coloured(prompt)}</pre>`}
      </td>`
  );
  const text = stack(
    ...compared.flatMap(({ title, prompt, refusal }) => [
      heading(title),
      prompt === undefined ? refusalView(refusal) : promptView(prompt)
    ])
  ).text;
  return new View(
    html`<table style="${STYLES.table} width: 100%; table-layout: fixed;">
      <tbody>
        <tr style="${STYLES.row}">
          ${columns}
        </tr>
      </tbody>
    </table>`,
    text
  );
}

function refusalView(refusal = ''): View {
  return note(refusal, { tone: 'blocker' });
}

function coloured(prompt: string): Array<SafeHtml | string> {
  return partsOfPrompt(prompt).map(({ text, isMarker }) =>
    isMarker ? html`<b style="color: ${COLOURS.brand};">${text}</b>` : text
  );
}
