import { execFile } from 'node:child_process';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  loadModel,
  ModelFilesError,
  ModelInputError,
  type ChatMessage,
  type GeneratedPiece,
  type GenerateInput,
  type GenerateOptions,
  type LoadedModel,
  type ModelFiles
} from '.';
import {
  madeUpModel,
  modelFiles,
  REFERENCE_CASES,
  setJson,
  type MemoryFiles,
  type ReferenceCase
} from './testing/madeUpModel';

const [reference] = REFERENCE_CASES as [ReferenceCase];

async function collect(
  model: LoadedModel,
  input: GenerateInput,
  options: GenerateOptions
): Promise<{ text: string; pieces: GeneratedPiece[] }> {
  const pieces: GeneratedPiece[] = [];
  for await (const piece of model.generate(input, options)) {
    pieces.push(piece);
  }
  return { text: pieces.map(piece => piece.text).join(''), pieces };
}

const user = (content: string): { messages: ChatMessage[] } => ({
  messages: [{ role: 'user', content }]
});

describe('a made-up model', () => {
  const load = (change: (files: MemoryFiles) => void = () => undefined): Promise<LoadedModel> => {
    const files = madeUpModel(reference);
    // No end token, so that every answer has the length asked for.
    setJson(files, 'tokenizer_config.json', {
      tokenizer_class: 'PreTrainedTokenizerFast',
      bos_token: '<s>',
      chat_template:
        "{{ bos_token }}{% for m in messages %}{{ m['role'] + '. ' + m['content'] }}{% endfor %}{% if add_generation_prompt %}?{% endif %}"
    });
    change(files);
    return loadModel(modelFiles(files));
  };

  it('counts its weights', async () => {
    const model = await load();
    expect(model.architecture).toBe('LlamaForCausalLM');
    // The embedding, the last norm, and two layers.
    const layer = 20 * 20 * 2 + 10 * 20 * 2 + 3 * 20 * 37 + 2 * 20;
    expect(model.parameters).toBe(41 * 20 + 20 + 2 * layer);
    expect(model.countTokens('abc')).toBe(3);
  });

  it('stops at the number of tokens asked for, and says so once', async () => {
    const model = await load();
    const { text, pieces } = await collect(model, { prompt: 'abc' }, { maxTokens: 5 });
    expect(pieces.map(piece => piece.done)).toEqual([...Array<undefined>(4), 'length']);
    expect(text).toHaveLength(5);
  });

  it('answers the same to a batch and to a rendered prompt', async () => {
    const model = await load();
    const messages = [
      { role: 'user', content: 'a long question, longer than one batch of tokens' }
    ];
    const prompt = model.renderPrompt(messages);
    expect(prompt).toBe('<s>user. a long question, longer than one batch of tokens?');
    const asked = await collect(model, { messages }, { maxTokens: 8 });
    expect(await collect(model, { prompt }, { maxTokens: 8 })).toEqual(asked);
  });

  it.each([
    ['generation_config.json', (id: number) => ({ eos_token_id: [39, id] })],
    ['config.json', (id: number) => ({ ...reference.config, eos_token_id: id })]
  ])('stops at an end token of %s', async (path, content) => {
    const free = await collect(await load(), { prompt: 'abc' }, { maxTokens: 5 });
    const end = free.pieces[2]?.tokenId ?? -1;
    const model = await load(files => setJson(files, path, content(end)));
    const { pieces } = await collect(model, { prompt: 'abc' }, { maxTokens: 5 });
    const ids = free.pieces.map(piece => piece.tokenId);
    expect(pieces.map(piece => piece.tokenId)).toEqual(ids.slice(0, ids.indexOf(end) + 1));
    expect(pieces.at(-1)).toEqual({ text: '', tokenId: end, done: 'stop' });
  });

  it('stops before a stop text', async () => {
    const model = await load();
    const free = await collect(model, { prompt: 'abc' }, { maxTokens: 6 });
    const stop = free.text.slice(2, 4);
    const { text, pieces } = await collect(
      model,
      { prompt: 'abc' },
      { maxTokens: 6, stop: [stop] }
    );
    expect(text).toBe(free.text.slice(0, free.text.indexOf(stop)));
    expect(pieces.at(-1)?.done).toBe('stop_sequence');
  });

  it('draws other answers at a temperature', async () => {
    const model = await load();
    let state = 7;
    const random = (): number => (state = (state * 16807) % 2147483647) / 2147483647;
    const options = { maxTokens: 12, temperature: 3, random };
    const answers = new Set<string>();
    for (let i = 0; i < 4; i += 1) {
      answers.add((await collect(model, { prompt: 'abc' }, options)).text);
    }
    expect(answers.size).toBeGreaterThan(1);
  });

  it('answers two questions at the same time as it does one after the other', async () => {
    const model = await load();
    const inputs = [user('one'), user('another, longer question')];
    const alone: string[] = [];
    for (const input of inputs) {
      alone.push((await collect(model, input, { maxTokens: 20 })).text);
    }
    const together = inputs.map(input => collect(model, input, { maxTokens: 20 }));
    expect((await Promise.all(together)).map(({ text }) => text)).toEqual(alone);
  });

  it('lets other work run between tokens', async () => {
    const model = await load();
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 0);
    await collect(model, { prompt: 'abc' }, { maxTokens: 100 });
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
  });

  it('stops on its signal', async () => {
    const model = await load();
    const controller = new AbortController();
    const pieces: GeneratedPiece[] = [];
    const work = (async () => {
      const options = { maxTokens: 100, signal: controller.signal };
      for await (const piece of model.generate({ prompt: 'abc' }, options)) {
        pieces.push(piece);
        if (pieces.length === 3) {
          controller.abort(new Error('enough'));
        }
      }
    })();
    await expect(work).rejects.toThrow('enough');
    expect(pieces).toHaveLength(3);
  });

  it.each([
    ['an empty prompt', { prompt: '' }, 5],
    ['no messages', { messages: [] }, 5],
    ['no tokens to generate', { prompt: 'abc' }, 0],
    ['a prompt longer than the context', { prompt: 'a'.repeat(128) }, 5]
  ])('refuses %s', async (_name, input, maxTokens) => {
    const model = await load();
    await expect(collect(model, input, { maxTokens })).rejects.toBeInstanceOf(ModelInputError);
  });

  it('cuts an answer at the end of the context', async () => {
    const model = await load();
    const { pieces } = await collect(model, { prompt: 'a'.repeat(125) }, { maxTokens: 50 });
    expect(pieces).toHaveLength(3);
    expect(pieces.at(-1)?.done).toBe('length');
  });

  it('refuses messages without a chat template, and takes prompts', async () => {
    const model = await load(files => setJson(files, 'tokenizer_config.json', {}));
    await expect(collect(model, user('hi'), { maxTokens: 1 })).rejects.toThrow('chat template');
    expect((await collect(model, { prompt: 'hi' }, { maxTokens: 1 })).pieces).toHaveLength(1);
  });

  it('says what a chat template says when it refuses', async () => {
    const model = await load(files => {
      const template = "{{ raise_exception('Only one turn, please') }}";
      files.set('chat_template.jinja', new TextEncoder().encode(template));
    });
    expect(() => model.renderPrompt(user('hi').messages)).toThrow('Only one turn, please');
  });

  it('takes chat_template.jinja before chat_template.json before tokenizer_config.json', async () => {
    const named = [
      { name: 'tool_use', template: 'wrong' },
      { name: 'default', template: 'third' }
    ];
    const change = (files: MemoryFiles): void =>
      setJson(files, 'tokenizer_config.json', { chat_template: named });
    const { messages } = user('hi');
    expect((await load(change)).renderPrompt(messages)).toBe('third');
    const second = (files: MemoryFiles): void => {
      change(files);
      setJson(files, 'chat_template.json', { chat_template: 'second' });
    };
    expect((await load(second)).renderPrompt(messages)).toBe('second');
    const first = (files: MemoryFiles): void => {
      second(files);
      files.set('chat_template.jinja', new TextEncoder().encode('first'));
    };
    expect((await load(first)).renderPrompt(messages)).toBe('first');
  });

  it('refuses a chat template that is not Jinja', async () => {
    const loading = load(files =>
      setJson(files, 'tokenizer_config.json', { chat_template: '{% if %}' })
    );
    await expect(loading).rejects.toBeInstanceOf(ModelFilesError);
  });

  it('refuses to run what it can only import', async () => {
    const loading = load(files =>
      setJson(files, 'config.json', { architectures: ['MixtralForCausalLM'] })
    );
    await expect(loading).rejects.toThrow('MixtralForCausalLM');
  });
});

describe('SmolLM2-135M-Instruct', () => {
  let model: LoadedModel;

  beforeAll(async () => {
    model = await loadModel(folderFiles(await realModelFolder()));
  }, 120_000);

  it('knows the capital of France', async () => {
    const question = user('What is the capital of France?');
    const { text, pieces } = await collect(model, question, { maxTokens: 40 });
    expect(text).toContain('Paris');
    expect(pieces.at(-1)).toMatchObject({ done: 'stop', tokenId: 2 });
    expect(pieces.filter(piece => piece.done !== undefined)).toHaveLength(1);
  });

  it('goes on with a plain prompt and keeps its spaces', async () => {
    const { text } = await collect(model, { prompt: '1, 2, 3, 4,' }, { maxTokens: 6 });
    expect(text).toMatch(/^ 5, 6/);
  });

  it('renders its own chat template', () => {
    expect(model.parameters).toBe(134_515_008);
    expect(model.renderPrompt([{ role: 'user', content: 'Hi' }])).toBe(
      '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face' +
        '<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n'
    );
    expect(model.countTokens('<|im_start|>user')).toBe(2);
  });
});

const root = join(__dirname, '..', '..', '..');

/** The folder that the sandbox serves by default; made when it is not there yet. */
async function realModelFolder(): Promise<string> {
  const code =
    'import os; from jupyterlab_bedrock_import.command import prepare_models; ' +
    'print(prepare_models(os.environ))';
  const python = join(root, '.venv', 'bin', 'python');
  const { stdout } = await promisify(execFile)(python, ['-c', code], { cwd: root });
  return join(stdout.trim().split('\n').at(-1) ?? '', 'HuggingFaceTB', 'SmolLM2-135M-Instruct');
}

function folderFiles(folder: string): ModelFiles {
  return {
    list: async () =>
      Promise.all(
        (await readdir(folder)).map(async path => ({
          path,
          sizeBytes: (await stat(join(folder, path))).size
        }))
      ),
    read: async (path, start = 0, end) => {
      const file = await open(join(folder, path));
      try {
        const bytes = new Uint8Array((end ?? (await file.stat()).size) - start);
        const { bytesRead } = await file.read(bytes, 0, bytes.length, start);
        return bytes.subarray(0, bytesRead);
      } finally {
        await file.close();
      }
    }
  };
}
