import type { GeneratedPiece, GenerateOptions, Inference, LoadedModel, ModelFiles } from '../ports';

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** How many answers are being generated now. */
export const generating = { count: 0 };

/**
 * Stands in for the real inference, so that a spec decides what a model says: `answer.txt` of the
 * model, a word at a time, with the prompt in place of `{prompt}`. `config.json` says what it is.
 */
export const fakeInference: Inference = {
  validateModelFiles: async (files: ModelFiles) => {
    const listed = await files.list();
    if (!listed.some(({ path }) => path === 'config.json')) {
      throw new Error('The model artifacts do not contain a config.json file.');
    }
    const { architecture, runnable } = JSON.parse(text(await files.read('config.json'))) as {
      architecture: string;
      runnable?: boolean;
    };
    return {
      architecture,
      instructSupported: true,
      weightsBytes: listed.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      runnable: runnable !== false
    };
  },
  loadModel: async (files: ModelFiles): Promise<LoadedModel> => {
    const answer = text(await files.read('answer.txt'));
    if (answer === 'broken') {
      throw new Error('tensor model.norm.weight is missing');
    }
    const words = (value: string) => value.split(/(?<= )/);
    const render: LoadedModel['renderPrompt'] = messages =>
      messages.map(({ role, content }) => `<${role}>${content}`).join('');
    return {
      renderPrompt: messages => {
        if (messages.some(({ content }) => content === 'unrenderable')) {
          throw Object.assign(new Error('Only user and assistant roles are supported!'), {
            name: 'ModelInputError'
          });
        }
        return render(messages);
      },
      countTokens: value => words(value).length,
      generate: async function* (input, options): AsyncGenerator<GeneratedPiece> {
        const prompt = 'prompt' in input ? input.prompt : render(input.messages);
        generating.count++;
        try {
          yield* pieces(words(answer.replace('{prompt}', prompt)), options);
        } finally {
          generating.count--;
        }
      }
    };
  }
};

async function* pieces(
  all: readonly string[],
  { maxTokens, signal, stop }: GenerateOptions
): AsyncGenerator<GeneratedPiece> {
  const end = Math.min(all.length, maxTokens);
  for (const [index, text] of all.slice(0, end).entries()) {
    await new Promise(resolve => setImmediate(resolve));
    signal?.throwIfAborted();
    if (stop?.includes(text.trim())) {
      yield { text: '', tokenId: index, done: 'stop_sequence' };
      return;
    }
    if (text.startsWith('CRASH')) {
      throw new Error('out of memory');
    }
    const done = all.length > maxTokens ? 'length' : 'stop';
    yield { text, tokenId: index, ...(index === end - 1 ? { done } : {}) };
  }
}
