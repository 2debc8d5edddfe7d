import { InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime';

import type { AwsClients } from '../aws';
import { BedrockImportError, throwIfCancelled } from '../errors';
import { readAnswerChunk, type AnswerPiece } from './answerPieces';
import { untilAnswered } from './converseAttempts';
import { layOutPrompt, readToolCall, type ConversePrompt } from './conversePrompt';
import type { ConverseAnswer, ConverseOptions } from './converseTypes';
import { checkRegionOf } from './importedModels';

const MAX_TOKENS = 512;

export interface ConverseByPromptOptions extends ConverseOptions {
  /** The model's chat template, such as that of `readChatTemplates`. */
  template: string;
  /** Text of the token that a conversation begins with, where the template asks for it. */
  bosToken?: string;
  /** Text of the token that a turn ends with, where the template asks for it. */
  eosToken?: string;
  /** Name of a tool that has to be called: the answer is begun as a call of it. */
  toolChoice?: string;
}

export interface PromptedAnswer extends ConverseAnswer {
  /** What the model has read. */
  prompt: string;
  /** Who laid out the tools: the chat template, or words of a system text. */
  toolsBy?: ConversePrompt['toolsBy'];
}

/**
 * What `converse` does, for models that Converse is not for, or takes no tools for: the conversation is laid
 * out here with the model's own chat template, and goes as one prompt by InvokeModel, in the Bedrock
 * completion format (Amazon Bedrock User Guide, "Invoke your imported model"; imports since 2025-11-11). A
 * call of a tool is read from the text of the answer; one call at a time.
 *
 * @param modelArn - Of an imported model.
 * @throws BedrockImportError `CHAT_TEMPLATE_INVALID`, `CHAT_TEMPLATE_REFUSED`, `TOOL_UNKNOWN` (usage),
 *   `ASK_NOT_READY`, `ASK_REFUSED`, `ANSWER_UNREADABLE`, `MODEL_NOT_FOUND`, `MODEL_OTHER_REGION`,
 *   `CANCELLED` and those of `toAwsError`
 */
export async function converseByPrompt(
  aws: AwsClients,
  modelArn: string,
  options: ConverseByPromptOptions
): Promise<PromptedAnswer> {
  throwIfCancelled(options.signal, modelArn);
  checkRegionOf(aws, modelArn);
  const { tools = [], temperature, maxTokens = MAX_TOKENS } = options;
  const { prompt, begun, toolsBy } = layOutPrompt(options);
  const command = new InvokeModelCommand({
    modelId: modelArn,
    contentType: 'application/json',
    accept: 'application/json',
    body: JSON.stringify({
      prompt,
      max_gen_len: maxTokens,
      ...(temperature === undefined ? {} : { temperature })
    })
  });
  const { value, ...times } = await untilAnswered(
    aws,
    { ...options, modelArn, action: 'bedrock:InvokeModel' },
    async signal => {
      const { body } = await aws.bedrockRuntime.send(command, { abortSignal: signal });
      return readWhole(body, modelArn);
    }
  );
  const said = begun + (value.text ?? '');
  const call = readToolCall(said, tools);
  const toolCalls = call === undefined ? [] : [call];
  // The call is the answer; what a model writes around it is no text for the user.
  const text = call === undefined ? said : '';
  return {
    text,
    ...(value.reasoning === undefined ? {} : { reasoning: value.reasoning }),
    toolCalls,
    turn: { role: 'assistant', text, ...(call === undefined ? {} : { toolCalls }) },
    api: 'InvokeModel (prompt)',
    stopReason: call === undefined ? (value.stopReason ?? 'unknown') : 'tool_use',
    ...(value.inputTokens === undefined ? {} : { inputTokens: value.inputTokens }),
    ...(value.outputTokens === undefined ? {} : { outputTokens: value.outputTokens }),
    ...times,
    prompt,
    ...(toolsBy === undefined ? {} : { toolsBy })
  };
}

/** @throws BedrockImportError `ANSWER_UNREADABLE` */
function readWhole(body: Uint8Array, modelArn: string): AnswerPiece {
  try {
    const [piece] = readAnswerChunk(body);
    if (piece?.text !== undefined || piece?.stopReason !== undefined) {
      return piece;
    }
  } catch (error) {
    throw unreadable(modelArn, error);
  }
  throw unreadable(modelArn);
}

function unreadable(modelArn: string, cause?: unknown): BedrockImportError {
  return new BedrockImportError({
    code: 'ANSWER_UNREADABLE',
    message: 'The answer of the model is in none of the formats of imported models.',
    subject: modelArn,
    nextStep:
      'Ask again; models imported before November 2025 may answer in other formats and have to be imported again.',
    cause
  });
}
