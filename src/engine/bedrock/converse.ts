import {
  ConverseCommand,
  type ContentBlock,
  type ConverseCommandOutput,
  type Message,
  type Tool
} from '@aws-sdk/client-bedrock-runtime';

import { withoutSecrets, type AwsClients, type ServiceFailure } from '../aws';
import { BedrockImportError, throwIfCancelled } from '../errors';
import { untilAnswered } from './converseAttempts';
import type { ConverseAnswer, ConverseOptions, ConverseTurn, ToolCall } from './converseTypes';
import { checkRegionOf } from './importedModels';

const MAX_TOKENS = 512;

/**
 * Sends a conversation by the Converse API and takes the answer whole, which is how tools are used where a
 * model does not stream them. While Bedrock restores a copy of the model it waits, telling `onWait`, up to
 * `readyBudgetMs`. Where Converse is not for the model, `converseByPrompt` can be.
 *
 * @param modelArn - Of an imported model.
 * @throws BedrockImportError `CONVERSE_UNSUPPORTED`, `CONVERSE_TOOLS_UNSUPPORTED` (both of kind `blocked`),
 *   `ASK_NOT_READY`, `ASK_REFUSED`, `MODEL_NOT_FOUND`, `MODEL_OTHER_REGION`, `CANCELLED` and those of
 *   `toAwsError`
 */
export async function converse(
  aws: AwsClients,
  modelArn: string,
  options: ConverseOptions
): Promise<ConverseAnswer> {
  throwIfCancelled(options.signal, modelArn);
  checkRegionOf(aws, modelArn);
  const { turns, system, tools = [], temperature, maxTokens = MAX_TOKENS } = options;
  const command = new ConverseCommand({
    modelId: modelArn,
    messages: turns.map(toMessage),
    ...(system === undefined ? {} : { system: [{ text: system }] }),
    ...(tools.length === 0 ? {} : { toolConfig: { tools: tools.map(toTool) } }),
    inferenceConfig: { maxTokens, ...(temperature === undefined ? {} : { temperature }) }
  });
  const { value, ...times } = await untilAnswered(
    aws,
    {
      ...options,
      modelArn,
      action: 'bedrock:InvokeModel',
      refusalOf: (failure, cause) => unsupported(modelArn, failure, cause)
    },
    signal => aws.bedrockRuntime.send(command, { abortSignal: signal })
  );
  return { ...readAnswer(value), ...times };
}

type JsonDocument = NonNullable<ContentBlock.ToolUseMember['toolUse']['input']>;

function toMessage(turn: ConverseTurn): Message {
  if (turn.role === 'assistant') {
    const { text, toolCalls = [] } = turn;
    return {
      role: 'assistant',
      content: [
        // Bedrock refuses blank text.
        ...(text.trim() === '' ? [] : [{ text }]),
        ...toolCalls.map(({ id, name, input }) => ({
          toolUse: { toolUseId: id, name, input: input as JsonDocument }
        }))
      ]
    };
  }
  return {
    role: 'user',
    content:
      'text' in turn
        ? [{ text: turn.text }]
        : turn.toolResults.map(({ id, output, failed = false }) => ({
            toolResult: {
              toolUseId: id,
              content: [
                { text: typeof output === 'string' ? output : (JSON.stringify(output) ?? 'null') }
              ],
              status: failed ? ('error' as const) : ('success' as const)
            }
          }))
  };
}

function toTool({
  name,
  description,
  inputSchema
}: NonNullable<ConverseOptions['tools']>[0]): Tool {
  return { toolSpec: { name, description, inputSchema: { json: inputSchema as JsonDocument } } };
}

function readAnswer(
  answer: ConverseCommandOutput
): Omit<ConverseAnswer, 'coldStartMs' | 'totalMs'> {
  const blocks = answer.output?.message?.content ?? [];
  const text = blocks.map(block => block.text ?? '').join('');
  const reasoning = blocks.map(block => block.reasoningContent?.reasoningText?.text ?? '').join('');
  const toolCalls: ToolCall[] = blocks.flatMap(({ toolUse }) =>
    toolUse === undefined
      ? []
      : [{ id: toolUse.toolUseId ?? '', name: toolUse.name ?? '', input: toolUse.input }]
  );
  const { inputTokens, outputTokens } = answer.usage ?? {};
  return {
    text,
    ...(reasoning === '' ? {} : { reasoning }),
    toolCalls,
    turn: { role: 'assistant', text, ...(toolCalls.length === 0 ? {} : { toolCalls }) },
    api: 'Converse',
    stopReason: answer.stopReason ?? 'unknown',
    ...(inputTokens === undefined ? {} : { inputTokens }),
    ...(outputTokens === undefined ? {} : { outputTokens })
  };
}

/** Both refusals come as ValidationException; only the words tell which it is. */
function unsupported(
  modelArn: string,
  { name, message }: ServiceFailure,
  cause: unknown
): BedrockImportError | undefined {
  const refuses = /(doesn['’]t|does not|not|isn['’]t) support/i.test(message);
  if (!refuses || !['ValidationException', 'UnknownOperationException'].includes(name)) {
    return undefined;
  }
  const words = withoutSecrets(message);
  if (/\btools?\b|toolConfig/i.test(message)) {
    return new BedrockImportError({
      code: 'CONVERSE_TOOLS_UNSUPPORTED',
      message: `Converse takes no tools for this model: ${words}`,
      subject: modelArn,
      nextStep: 'Put the tools into the prompt, as converseByPrompt() does.',
      kind: 'blocked',
      cause
    });
  }
  if (/\b(model|converse|conversation|operation|action|chat template)\b/i.test(message)) {
    return new BedrockImportError({
      code: 'CONVERSE_UNSUPPORTED',
      message: `Converse is not for this model: ${words}`,
      subject: modelArn,
      nextStep: 'Use InvokeModel, as askModel() and converseByPrompt() do.',
      kind: 'blocked',
      cause
    });
  }
  return undefined;
}
