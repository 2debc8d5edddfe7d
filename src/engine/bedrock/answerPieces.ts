/** What one chunk of a streamed answer adds. */
export interface AnswerPiece {
  text?: string;
  reasoning?: string;
  stopReason?: string;
  inputTokens?: number;
  outputTokens?: number;
}

/**
 * Reads one chunk of InvokeModelWithResponseStream in any of the formats of imported models: OpenAI
 * chat (deltas or a whole message), OpenAI completion, Bedrock completion (`generation`) and the
 * older Mistral form (`outputs`). Source: Amazon Bedrock User Guide, "Invoke your imported model".
 *
 * @throws SyntaxError when the chunk is not JSON.
 */
export function readAnswerChunk(bytes: Uint8Array): AnswerPiece[] {
  const text = new TextDecoder().decode(bytes).trim();
  if (text === '') {
    return [];
  }
  try {
    return [readChunk(JSON.parse(text))];
  } catch (error) {
    // Some servers behind Bedrock hand on their own event lines.
    const lines = text
      .split('\n')
      .map(line => line.trim().replace(/^data:\s*/, ''))
      .filter(line => line !== '' && line !== '[DONE]');
    if (!text.startsWith('data:') && lines.length < 2) {
      throw error;
    }
    return lines.map(line => readChunk(JSON.parse(line)));
  }
}

function readChunk(value: unknown): AnswerPiece {
  const piece: AnswerPiece = {};
  const chunk = asRecord(value);
  const error = asRecord(chunk['error']);
  if (typeof error['message'] === 'string') {
    throw new Error(error['message']);
  }
  const choice = firstOf(chunk['choices']) ?? firstOf(chunk['outputs']);
  if (choice !== undefined) {
    const delta = asRecord(choice['delta'] ?? choice['message']);
    piece.text = asText(delta['content']) ?? asText(choice['text']);
    piece.reasoning = asText(delta['reasoning_content']) ?? asText(delta['reasoning']);
    piece.stopReason = asText(choice['finish_reason']) ?? asText(choice['stop_reason']);
  } else {
    piece.text = asText(chunk['generation']) ?? asText(chunk['completion']);
    piece.stopReason = asText(chunk['stop_reason']);
  }
  const usage = asRecord(chunk['usage']);
  const metrics = asRecord(chunk['amazon-bedrock-invocationMetrics']);
  piece.inputTokens =
    asCount(usage['prompt_tokens']) ??
    asCount(metrics['inputTokenCount']) ??
    asCount(chunk['prompt_token_count']);
  piece.outputTokens =
    asCount(usage['completion_tokens']) ??
    asCount(metrics['outputTokenCount']) ??
    asCount(chunk['generation_token_count']);
  return piece;
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function firstOf(value: unknown): Record<string, unknown> | undefined {
  return Array.isArray(value) && value.length > 0 ? asRecord(value[0]) : undefined;
}

/** OpenAI's content is a string, or a list of parts of which some are text. */
function asText(value: unknown): string | undefined {
  if (typeof value === 'string') {
    return value === '' ? undefined : value;
  }
  if (Array.isArray(value)) {
    const parts = value.map(part => asText(asRecord(part)['text']) ?? '').join('');
    return parts === '' ? undefined : parts;
  }
  return undefined;
}

function asCount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}
