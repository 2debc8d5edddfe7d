import {
  ConverseStreamCommand,
  InvokeModelWithResponseStreamCommand
} from '@aws-sdk/client-bedrock-runtime';

import { isErrorLike, type AwsClients } from '../aws';
import { readAnswerChunk, type AnswerPiece } from './answerPieces';

export interface Question {
  modelArn: string;
  prompt: string;
  system?: string;
  maxTokens: number;
  temperature?: number;
}

/** Opens one streamed answer; rejects when the request is refused, and throws when it breaks. */
export type AnswerStream = (
  aws: AwsClients,
  question: Question,
  signal: AbortSignal
) => Promise<AsyncGenerator<AnswerPiece>>;

/** Converse: Bedrock renders the chat template and streams typed events. */
export const openConverse: AnswerStream = async (aws, question, signal) => {
  const { modelArn, prompt, system, maxTokens, temperature } = question;
  const answer = await aws.bedrockRuntime.send(
    new ConverseStreamCommand({
      modelId: modelArn,
      ...(system === undefined ? {} : { system: [{ text: system }] }),
      messages: [{ role: 'user', content: [{ text: prompt }] }],
      inferenceConfig: { maxTokens, ...(temperature === undefined ? {} : { temperature }) }
    }),
    { abortSignal: signal }
  );
  async function* pieces(): AsyncGenerator<AnswerPiece> {
    for await (const event of answer.stream ?? []) {
      throwIfException(event);
      const delta = event.contentBlockDelta?.delta;
      if (delta?.text !== undefined) {
        yield { text: delta.text };
      }
      if (delta?.reasoningContent?.text !== undefined) {
        yield { reasoning: delta.reasoningContent.text };
      }
      if (event.messageStop !== undefined) {
        yield { stopReason: event.messageStop.stopReason ?? 'unknown' };
      }
      if (event.metadata?.usage !== undefined) {
        const { inputTokens, outputTokens } = event.metadata.usage;
        yield { inputTokens, outputTokens };
      }
    }
  }
  return pieces();
};

/** InvokeModel with the OpenAI chat body, which every model imported since November 2025 takes. */
export const openInvokeChat: AnswerStream = async (aws, question, signal) => {
  const { modelArn, prompt, system, maxTokens, temperature } = question;
  const body = JSON.stringify({
    messages: [
      ...(system === undefined ? [] : [{ role: 'system', content: system }]),
      { role: 'user', content: prompt }
    ],
    max_tokens: maxTokens,
    ...(temperature === undefined ? {} : { temperature })
  });
  const answer = await aws.bedrockRuntime.send(
    new InvokeModelWithResponseStreamCommand({
      modelId: modelArn,
      contentType: 'application/json',
      accept: 'application/json',
      body
    }),
    { abortSignal: signal }
  );
  async function* pieces(): AsyncGenerator<AnswerPiece> {
    for await (const event of answer.body ?? []) {
      throwIfException(event);
      if (event.chunk?.bytes !== undefined) {
        yield* readAnswerChunk(event.chunk.bytes);
      }
    }
  }
  return pieces();
};

/** The SDK throws the exceptions it knows; those handed on as events are thrown here. */
function throwIfException(event: object): void {
  for (const member of Object.values(event)) {
    if (isErrorLike(member)) {
      throw Object.assign(new Error(member.message), { name: member.name });
    }
  }
}
