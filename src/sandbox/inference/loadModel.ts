import { Tokenizer } from '@huggingface/tokenizers';
import { readDecoderConfig, tokenIds } from './config';
import { Decoder, MAX_BATCH, type KvCache } from './decoder';
import { giveWay } from './giveWay';
import { createKernel } from './kernel/kernel';
import { readPromptTemplate, tokenText, type PromptTemplate } from './promptTemplate';
import { sampleToken } from './sample';
import { TextStream } from './textStream';
import {
  ModelFilesError,
  ModelInputError,
  type GeneratedPiece,
  type GenerateInput,
  type GenerateOptions,
  type LoadedModel,
  type ModelFiles
} from './types';
import { readJson, surveyModel } from './validate';
import { loadWeights } from './weights';

/**
 * Reads a model's files into memory, ready to answer. Takes about the size of the weights in memory.
 * @throws ModelFilesError when the files do not fit together, or when the model is one that can be
 * imported but not run here
 */
export async function loadModel(files: ModelFiles): Promise<LoadedModel> {
  const survey = await surveyModel(files);
  if (!survey.runnable) {
    throw new ModelFilesError(
      `This sandbox cannot run ${survey.architecture} models, or not one of this size or kind.`
    );
  }
  const config = readDecoderConfig(survey.config);
  const sizes = new Map((await files.list()).map(file => [file.path, file.sizeBytes]));
  const tokenizerConfig = (await readJson(files, sizes, 'tokenizer_config.json')) ?? {};
  const tokenizerJson = (await readJson(files, sizes, 'tokenizer.json')) ?? {};
  const tokenizer = new Tokenizer(tokenizerJson, tokenizerConfig);
  const generationConfig = (await readJson(files, sizes, 'generation_config.json')) ?? {};
  const eosToken = tokenText(tokenizerConfig['eos_token']);
  const endIds = new Set([
    ...config.eosTokenIds,
    ...tokenIds(generationConfig['eos_token_id']),
    ...tokenIds(eosToken === undefined ? undefined : tokenizer.token_to_id(eosToken))
  ]);
  const promptTemplate = await readPromptTemplate(files, sizes);
  const kernel = await createKernel();
  const weights = await loadWeights(files, survey, config, kernel);
  const needed = [...survey.tensors.values()];
  return new RunningModel(
    new Decoder(config, kernel, weights),
    tokenizer,
    promptTemplate,
    endIds,
    needed.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0)
  );
}

class RunningModel implements LoadedModel {
  constructor(
    private readonly decoder: Decoder,
    private readonly tokenizer: Tokenizer,
    readonly renderPrompt: PromptTemplate,
    private readonly endIds: ReadonlySet<number>,
    readonly parameters: number
  ) {}

  get architecture(): string {
    return this.decoder.config.architecture;
  }

  get contextLength(): number {
    return this.decoder.config.contextLength;
  }

  countTokens(text: string): number {
    return this.encode(text, false).length;
  }

  async *generate(input: GenerateInput, options: GenerateOptions): AsyncGenerator<GeneratedPiece> {
    // A chat template writes the begin-of-text token itself.
    const promptIds =
      'messages' in input
        ? this.encode(this.renderPrompt(input.messages), false)
        : this.encode(input.prompt, true);
    const maxTokens = this.tokensToGenerate(promptIds.length, options.maxTokens);
    const cache = this.decoder.acquire(promptIds.length + maxTokens);
    try {
      let next = await this.readPrompt(promptIds, cache, options);
      const text = new TextStream(
        { decode: ids => this.tokenizer.decode(ids, { skip_special_tokens: true }) },
        options.stop?.filter(stop => stop !== '')
      );
      let stepMs = 0;
      for (let count = 1; ; count += 1) {
        if (this.endIds.has(next)) {
          yield { text: text.finish(), tokenId: next, done: 'stop' };
          return;
        }
        const piece = text.push(next);
        if (text.ended) {
          yield { text: piece, tokenId: next, done: 'stop_sequence' };
          return;
        }
        if (count >= maxTokens) {
          yield { text: piece + text.finish(), tokenId: next, done: 'length' };
          return;
        }
        yield { text: piece, tokenId: next };
        await giveWay(stepMs);
        options.signal?.throwIfAborted();
        const started = performance.now();
        next = sampleToken(this.decoder.forward([next], cache), options);
        stepMs = performance.now() - started;
      }
    } finally {
      this.decoder.release(cache);
    }
  }

  /** The first token of the answer. Other work gets its turn between the batches. */
  private async readPrompt(
    promptIds: number[],
    cache: KvCache,
    options: GenerateOptions
  ): Promise<number> {
    let next = 0;
    let stepMs = 0;
    for (let start = 0; start < promptIds.length; start += MAX_BATCH) {
      await giveWay(stepMs);
      options.signal?.throwIfAborted();
      const started = performance.now();
      const batch = promptIds.slice(start, start + MAX_BATCH);
      const logits = this.decoder.forward(batch, cache);
      stepMs = performance.now() - started;
      if (start + MAX_BATCH >= promptIds.length) {
        next = sampleToken(logits, options);
      }
    }
    return next;
  }

  private encode(text: string, addSpecialTokens: boolean): number[] {
    return this.tokenizer.encode(text, { add_special_tokens: addSpecialTokens }).ids;
  }

  private tokensToGenerate(promptLength: number, maxTokens: number): number {
    if (promptLength === 0) {
      throw new ModelInputError('The prompt is empty.');
    }
    if (!Number.isInteger(maxTokens) || maxTokens < 1) {
      throw new ModelInputError('The number of tokens to generate must be 1 or more.');
    }
    const left = this.contextLength - promptLength;
    if (left < 1) {
      throw new ModelInputError(
        `The prompt has ${promptLength} tokens; the model's context length is ` +
          `${this.contextLength} tokens.`
      );
    }
    return Math.min(maxTokens, left);
  }
}
