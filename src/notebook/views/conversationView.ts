import { COLOURS, html, STYLES, View } from '../display';

export interface ConversationTurn {
  /** Such as `system`, `user` or `assistant`. */
  role: string;
  content: string;
}

/** Who said what, in order. */
export function conversationView(turns: readonly ConversationTurn[]): View {
  return new View(
    html`<div style="${STYLES.block}">${turns.map(turn => bubble(turn))}</div>`,
    turns.map(({ role, content }) => `${role}: ${content}`).join('\n')
  );
}

function bubble({ role, content }: ConversationTurn) {
  const side = role === 'user' ? COLOURS.brand : COLOURS.line;
  return html`<div style="border-left: 3px solid ${side}; padding: 2px 10px; margin: 6px 0;">
    <div style="${STYLES.faint}">${role}</div>
    <div style="${STYLES.words}">${content}</div>
  </div>`;
}
