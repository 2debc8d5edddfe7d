import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from './cli';
import { recordedIo, RecordedIo, RecordedIoOptions } from './cli/testing/recordedIo';

interface Ran {
  code: number;
  io: RecordedIo;
}

async function run(args: string[], options: RecordedIoOptions = {}): Promise<Ran> {
  const io = recordedIo(options);
  const code = await runCommand({ args, io, signal: new AbortController().signal });
  return { code, io };
}

const ERROR_SHAPE = {
  code: expect.stringMatching(/^[A-Z0-9_]+$/),
  message: expect.any(String),
  nextStep: expect.any(String),
  kind: 'usage'
};

describe('help and version', () => {
  it('prints the version and nothing else', async () => {
    const { code, io } = await run(['--version']);
    expect(code).toBe(0);
    expect(io.out()).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(io.err()).toBe('');
  });

  it('lists every subcommand', async () => {
    const { code, io } = await run(['--help']);
    expect(code).toBe(0);
    const listed = [...io.out().matchAll(/^ {2}([a-z]+)\b/gm)].map(match => match[1]);
    expect(listed).toEqual(
      expect.arrayContaining(
        'doctor inspect disk copy import jobs models ask iam sandbox help'.split(' ')
      )
    );
  });

  it.each([
    ['doctor'],
    ['inspect'],
    ['disk'],
    ['copy'],
    ['import'],
    ['jobs'],
    ['jobs list'],
    ['jobs show'],
    ['jobs follow'],
    ['jobs pause'],
    ['jobs resume'],
    ['jobs cancel'],
    ['jobs remove'],
    ['models'],
    ['models list'],
    ['models show'],
    ['models delete'],
    ['ask'],
    ['iam'],
    ['iam policies']
  ])('explains %s', async words => {
    const { code, io } = await run([...words.split(' '), '--help']);
    expect(code).toBe(0);
    expect(io.out()).toContain(`Usage: bedrock-import ${words}`);
    expect(io.out()).toContain('--json');
  });

  it('is plain ASCII where the locale is', async () => {
    const { io } = await run(['--help'], { env: { LANG: 'C' } });
    expect(io.out()).toMatch(/^[\n -~]*$/);
  });
});

describe('wrong usage', () => {
  const cases: string[][] = [
    [],
    ['docter'],
    ['doctor', '--no-such-option'],
    ['inspect'],
    ['inspect', 'a/b', 'too-many'],
    ['import', 'a/b'],
    ['import', 'a/b', '--bucket', 'b', '--role', 'r', '--create-role'],
    ['copy', 'a/b'],
    ['copy', 'a/b', 's3://bucket/p', '--connections', '65'],
    ['copy', 'a/b', 's3://bucket/p', '--connections', 'many'],
    ['copy', 'a/b', 's3://bucket/p', '--share', '1/2'],
    ['copy', 'a/b', 's3://bucket/p', '--plan', 'plan.json'],
    ['copy', '--plan', 'plan.json', '--via-disk'],
    ['copy', '--plan', '/nowhere/plan.json', '--share', '3/2'],
    ['copy', '--plan', '/nowhere/plan.json'],
    ['copy', 'a/b', 's3://bucket/p', '--cache-dir', 'folder'],
    ['copy', 'a/b', 's3://bucket/p', '--via-disk', '--cache-dir='],
    ['copy', './a', 's3://bucket/p', '--via-disk'],
    ['copy', '~somebody/a', 's3://bucket/p'],
    ['import', 'a/b', '--bucket', 'b', '--keep-awake=yes'],
    ['jobs'],
    ['jobs', 'show'],
    ['jobs', 'follow', 'a', '--from', 'x'],
    ['jobs', 'resume'],
    ['disk', '--model', 'a/b', '--size', '1GB'],
    ['models'],
    ['models', 'rename'],
    ['ask', 'arn'],
    ['ask', 'arn', 'question', '--temperature', '2'],
    ['iam', 'policies'],
    ['iam', 'policies', '--bucket', 'b', '--account', '12'],
    ['sandbox', '--port', '1']
  ];

  it.each(cases.map(args => [args.join(' '), args] as const))(
    '%s: exit code 2',
    async (_n, args) => {
      const { code, io } = await run([...args]);
      expect(code).toBe(2);
      expect(io.out()).toBe('');
      expect(io.err()).toMatch(/^Error [A-Z_]+: .+\n(.*\n)* {2}Next step: .+\n$/m);
    }
  );

  it.each(cases.map(args => [args.join(' '), args] as const))(
    '%s --json: one document',
    async (_n, args) => {
      const { code, io } = await run([...args, '--json']);
      expect(code).toBe(2);
      expect(JSON.parse(io.out())).toEqual({ error: expect.objectContaining(ERROR_SHAPE) });
      expect(io.err()).toBe('');
    }
  );

  it('suggests what was probably meant', async () => {
    const { io } = await run(['docter']);
    expect(io.err()).toContain('doctor');
  });
});

describe('the chat template file', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cli-spec-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each([
    ['CHAT_TEMPLATE_FILE_MISSING', undefined, 2],
    ['CHAT_TEMPLATE_FILE_TOO_LARGE', 'x'.repeat(1_000_001), 2],
    ['CHAT_TEMPLATE_FILE_NOT_UTF8', new Uint8Array([0x7b, 0xff, 0xfe]), 2],
    ['CHAT_TEMPLATE_INVALID', '{% if %}', 3]
  ])('%s', async (errorCode, content, exitCode) => {
    const file = join(folder, errorCode);
    if (content !== undefined) {
      await writeFile(file, content);
    }
    const args = ['copy', 'a/b', 's3://bucket/p', '--chat-template', file, '--json'];
    const { code, io } = await run(args);
    expect(JSON.parse(io.out()).error).toMatchObject({ code: errorCode, subject: file });
    expect(code).toBe(exitCode);
  });

  it('is refused when it is a folder', async () => {
    const { code, io } = await run(['copy', 'a/b', 's3://bucket/p', '--chat-template', folder]);
    expect(code).toBe(2);
    expect(io.err()).toContain('CHAT_TEMPLATE_FILE_UNREADABLE');
  });

  it('is read from standard input, with the same limits', async () => {
    const stdin = new Uint8Array(1_000_001);
    const { code, io } = await run(['copy', 'a/b', 's3://bucket/p', '--chat-template', '-'], {
      stdin
    });
    expect(code).toBe(2);
    expect(io.err()).toContain('CHAT_TEMPLATE_FILE_TOO_LARGE');
  });
});

describe('disk', () => {
  it('knows the margin rule', async () => {
    const { code, io } = await run(['disk', '--size', '61GB', '--path', tmpdir(), '--json']);
    const result = JSON.parse(io.out());
    expect(result.requiredBytes).toBe(66_050_000_000);
    expect(result.fits).toBe(result.availableBytes >= result.requiredBytes);
    expect(result.missingBytes).toBe(Math.max(0, result.requiredBytes - result.availableBytes));
    expect(code).toBe(result.fits ? 0 : 3);
  });

  it('exits with 3 and tells what is missing when a model does not fit', async () => {
    const { code, io } = await run(['disk', '--size', '900TB', '--path', tmpdir()]);
    expect(code).toBe(3);
    expect(io.out()).toMatch(/^Missing +\d+\.?\d* TB$/m);
  });

  it('shows the disk when no size is given', async () => {
    const { code, io } = await run(['disk', '--path', tmpdir(), '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(io.out())).toMatchObject({
      requiredBytes: 0,
      missingBytes: 0,
      fits: true,
      availableBytes: expect.any(Number)
    });
  });

  it('refuses a size that is none', async () => {
    const { code, io } = await run(['disk', '--size', 'huge', '--json']);
    expect(code).toBe(2);
    expect(JSON.parse(io.out()).error.code).toBe('SIZE_INVALID');
  });
});
