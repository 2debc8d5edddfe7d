/**
 * Texts that stand for one token each in the formats of chat models: `<|im_start|>`, DeepSeek's with a full-width
 * bar, and the few short ones. A tokenizer that does not know one reads its letters.
 */
const MARKER =
  /<[|｜][^<>|｜\s]{1,60}[|｜]>|<\/?s>|\[\/?(?:INST|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\]|<\/?think>|<\/?tool_call>/g;

export interface PromptPart {
  text: string;
  isMarker: boolean;
}

/** The prompt in pieces, markers apart from what lies between them. */
export function partsOfPrompt(prompt: string): PromptPart[] {
  const parts: PromptPart[] = [];
  let end = 0;
  for (const { 0: text, index } of prompt.matchAll(MARKER)) {
    if (index > end) {
      parts.push({ text: prompt.slice(end, index), isMarker: false });
    }
    parts.push({ text, isMarker: true });
    end = index + text.length;
  }
  return end < prompt.length ? [...parts, { text: prompt.slice(end), isMarker: false }] : parts;
}

/** Each marker of a prompt once, in the order in which it appears. */
export function markersIn(prompt: string): string[] {
  return [
    ...new Set(
      partsOfPrompt(prompt)
        .filter(({ isMarker }) => isMarker)
        .map(({ text }) => text)
    )
  ];
}
