import { PutObjectCommand } from '@aws-sdk/client-s3';
import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { tinyModel } from './testing/tinyModel';
import { startTrial, Trial } from './testing/trial';

const files = tinyModel({ shards: 2 });
const taken = Object.keys(files).filter(path => !/^(README\.md|.*\.bin)$/.test(path));

let trial: Trial;
let folder: string;
beforeAll(async () => {
  trial = await startTrial({
    models: {
      'trial/tiny': files,
      'trial/shared': tinyModel({ shards: 2, paddingBytes: 40e6 })
    },
    args: ['--fault', 'import-seconds=0', '--fault', 'model-not-ready=0']
  });
  folder = join(trial.home, 'my model');
  await mkdir(folder);
  for (const [path, content] of Object.entries(files)) {
    await writeFile(join(folder, path), content);
  }
}, 60_000);
afterAll(() => trial?.stop());

const to = (prefix: string): string => `s3://${trial.bucket}/${prefix}`;

async function expectWhole(prefix: string): Promise<void> {
  for (const path of taken) {
    const bytes = await trial.read(`${prefix}/${path}`);
    expect(Buffer.from(bytes).equals(Buffer.from(files[path] ?? ''))).toBe(true);
  }
  const keys = (await trial.objects(`${prefix}/`)).map(({ key }) => key);
  expect(keys.sort()).toEqual(
    [...taken, 'bedrock-import-manifest.json'].map(path => `${prefix}/${path}`).sort()
  );
}

describe('a folder', () => {
  it('is copied and proved, and nothing moves the second time', async () => {
    const first = await trial.run(['copy', folder, to('from-folder')]);
    expect(first.stdout).toMatch(/^Proved +\d of \d by SHA-256/m);
    expect(first.code).toBe(0);
    await expectWhole('from-folder');
    const again = await trial.run(['copy', './my model', to('from-folder')], { cwd: trial.home });
    expect(again.stdout).toMatch(/^Copied +nothing had to move/m);
  });

  it('is inspected as a model of the hub is', async () => {
    const { code, stdout } = await trial.run(['inspect', folder]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Architecture +LlamaForCausalLM$/m);
  });

  it('is imported', async () => {
    const args = ['import', folder, '--bucket', trial.bucket, '--role', trial.roleArn, '--yes'];
    const ran = await trial.run([...args, '--name', 'from-folder', '--json']);
    expect({ code: ran.code, error: JSON.parse(ran.stdout).error }).toEqual({ code: 0 });
    expect(JSON.parse(ran.stdout).model.modelName).toBe('from-folder');
  }, 30_000);
});

describe('what is in S3 already', () => {
  it('is copied inside S3', async () => {
    expect((await trial.run(['copy', folder, to('of-ours')])).code).toBe(0);
    const ran = await trial.run(['copy', `${to('of-ours')}/`, to('from-s3')]);
    expect(ran.stderr).not.toContain('Error');
    expect(ran.code).toBe(0);
    await expectWhole('from-s3');
  });

  it('is unpacked on the way', async () => {
    const archive = join(trial.home, 'model.tar.gz');
    await promisify(execFile)('tar', ['-czf', archive, '-C', folder, '.']);
    await trial.aws.s3.send(
      new PutObjectCommand({
        Bucket: trial.bucket,
        Key: 'output/model.tar.gz',
        Body: await readFile(archive)
      })
    );
    const ran = await trial.run(['copy', to('output/model.tar.gz'), to('from-archive')]);
    expect(ran.stderr).not.toContain('Error');
    expect(ran.code).toBe(0);
    await expectWhole('from-archive');
  });
});

describe('through the disk', () => {
  const cached = async (cache: string): Promise<string[]> => {
    const names = await readdir(join(cache, 'models--trial--tiny', 'snapshots'), {
      recursive: true
    });
    return names.map(name => name.split('/').at(-1) ?? '');
  };

  it('shows the plan for the disk, keeps the files, and uses them again', async () => {
    const cache = join(trial.home, '.cache', 'huggingface', 'hub');
    const ran = await trial.run(['copy', 'trial/tiny', to('via-disk'), '--via-disk']);
    expect(ran.stderr).not.toContain('Error');
    expect(ran.code).toBe(0);
    expect(ran.stdout).toMatch(/^On disk +\S+\/huggingface\/hub$/m);
    expect(ran.stdout).toMatch(/^To download +[1-9]\S* kB$/m);
    await expectWhole('via-disk');
    expect(await cached(cache)).toEqual(expect.arrayContaining(taken));
    const plan = ['copy', 'trial/tiny', to('again'), '--via-disk', '--plan-only', '--json'];
    const { download } = JSON.parse((await trial.run(plan)).stdout);
    expect(download).toMatchObject({ bytesToDownload: 0, cacheFolder: cache });
  });

  it('takes another cache folder, and writes nowhere else', async () => {
    const cache = join(trial.home, 'elsewhere');
    const args = ['copy', 'trial/tiny', to('via-elsewhere'), '--via-disk'];
    const ran = await trial.run([...args, '--cache-dir', cache]);
    expect(ran.stderr).not.toContain('Error');
    expect(await cached(cache)).toEqual(expect.arrayContaining(taken));
  });

  it('says how a job gets at its own cache folder again', async () => {
    const cache = join(trial.home, 'own', 'cache');
    const env = { HF_HUB_CACHE: undefined, XDG_CACHE_HOME: join(trial.home, 'own') };
    // A folder that the launcher does not let the engine write in.
    const refused = await trial.run(
      ['copy', 'trial/tiny', to('via-own'), '--via-disk', `--cache-dir=${cache}`],
      { env }
    );
    expect(refused.stderr).toContain('Error DISK_DENIED: ');
    await expect(readdir(cache)).rejects.toThrow('ENOENT');
    const [, id = ''] = /jobs resume (\S+) --cache-dir/.exec(refused.stderr) ?? [];
    const resumed = await trial.run(['jobs', 'resume', id, '--cache-dir', cache], { env });
    expect(resumed.stderr).not.toContain('Error');
    expect(resumed.code).toBe(0);
    expect(await cached(cache)).toEqual(expect.arrayContaining(taken));
  });
});

describe('a plan', () => {
  const planOf = async (model: string, prefix: string): Promise<string> => {
    const template = "{{ messages[0]['content'] }}";
    const { stdout } = await trial.run(
      ['copy', model, to(prefix), '--plan-only', '--json', '--chat-template', '-'],
      { stdin: template }
    );
    return stdout;
  };

  it('is carried out as it is, rewritten files too', async () => {
    const stdin = await planOf('trial/tiny', 'planned');
    const ran = await trial.run(['copy', '--plan', '-'], { stdin });
    expect(ran.stderr).not.toContain('Error');
    expect(ran.code).toBe(0);
    const text = new TextDecoder().decode(await trial.read('planned/tokenizer_config.json'));
    expect(JSON.parse(text).chat_template).toBe("{{ messages[0]['content'] }}");
  });

  it('is shared by two machines that know nothing but it', async () => {
    const stdin = await planOf('trial/shared', 'shared');
    const share = (name: string) =>
      trial.run(['copy', '--plan', '-', '--share', name, '--json'], {
        stdin,
        env: { BEDROCK_IMPORT_STATE_DIR: join(trial.home, `machine-${name[0] ?? ''}`) }
      });
    const [first, second] = await Promise.all([share('1/2'), share('2/2')]);
    expect([first.stderr, second.stderr].join()).not.toContain('Error');
    expect([first.code, second.code]).toEqual([0, 0]);
    expect(JSON.parse(first.stdout)).toMatchObject({ share: 1, of: 2, whole: true });
    const moved = [first, second].map(ran => JSON.parse(ran.stdout).movedBytes as number);
    expect(Math.min(...moved)).toBeGreaterThan(0);
    const checked = await trial.run(['copy', '--plan', '-'], { stdin });
    expect(checked.stdout).toMatch(/^Copied +nothing had to move/m);
  }, 30_000);

  it('is refused where another hub or another Region is set', async () => {
    const stdin = await planOf('trial/tiny', 'elsewhere');
    const other = await trial.run(['copy', '--plan', '-', '--region', 'us-west-2', '--json'], {
      stdin
    });
    expect(JSON.parse(other.stdout).error).toMatchObject({ code: 'PLAN_INVALID', kind: 'usage' });
    const hub = await trial.run(['copy', '--plan', '-', '--json'], {
      stdin: stdin.replaceAll(trial.env.HF_ENDPOINT ?? '', 'https://hub.example.com')
    });
    expect(JSON.parse(hub.stdout).error).toMatchObject({
      code: 'PLAN_INVALID',
      message: expect.stringContaining('https://hub.example.com')
    });
    expect(await trial.objects('elsewhere')).toEqual([]);
  });
});
