import { inspect } from 'node:util';

import { readHubToken } from '.';
import { recordedHostSource } from '../environment/testing/recordedHost';
import { failureOf, TEST_TOKEN as TOKEN } from './testing/failureOf';
import type { HubToken } from './types';

const HOME = '/home/jo';

async function read(
  env: Record<string, string>,
  files: Record<string, string> = {}
): Promise<HubToken | undefined> {
  return await readHubToken(
    recordedHostSource({ env, files, homeDirectory: HOME, currentDirectory: HOME, directories: [] })
  );
}

it.each<[string, Record<string, string>, Record<string, string>]>([
  ['HF_TOKEN', { HF_TOKEN: TOKEN, HF_TOKEN_PATH: '/t' }, { '/t': 'hf_other' }],
  ['HF_TOKEN_PATH', { HF_TOKEN: '', HF_TOKEN_PATH: '/t' }, { '/t': `${TOKEN}\n` }],
  ['HF_TOKEN_PATH', { HF_TOKEN_PATH: '~/t' }, { [`${HOME}/t`]: TOKEN }],
  ['token file', {}, { [`${HOME}/.cache/huggingface/token`]: `${TOKEN}\r\n` }],
  ['token file', { XDG_CACHE_HOME: '/c' }, { '/c/huggingface/token': TOKEN }],
  ['token file', { HF_HOME: '/h', XDG_CACHE_HOME: '/c' }, { '/h/token': TOKEN }]
])('comes from %s with %j', async (source, env, files) => {
  const token = await read(env, files);
  expect(token?.value).toBe(TOKEN);
  expect(token?.source).toBe(source);
});

it.each<[Record<string, string>, Record<string, string>]>([
  [{}, {}],
  [{ HF_TOKEN: '' }, {}],
  [{}, { [`${HOME}/.cache/huggingface/token`]: '\n' }],
  [{ HF_TOKEN_PATH: '/missing' }, { [`${HOME}/.cache/huggingface/token`]: TOKEN }]
])('is missing with %j and %j', async (env, files) => {
  expect(await read(env, files)).toBeUndefined();
});

it.each([
  `${TOKEN}\n`,
  `${TOKEN}\nX: y`,
  `${TOKEN}\0`,
  ` ${TOKEN}`,
  `"${TOKEN}ä"`,
  TOKEN.repeat(100)
])('refuses HF_TOKEN=%j without showing it', async value => {
  const error = await failureOf(read({ HF_TOKEN: value }));
  expect(error).toMatchObject({ code: 'HUB_TOKEN_MALFORMED', kind: 'blocked' });
});

it('refuses a file with two lines', async () => {
  const error = await failureOf(read({ HF_TOKEN_PATH: '/t' }, { '/t': `${TOKEN}\n\n` }));
  expect(error).toMatchObject({ code: 'HUB_TOKEN_MALFORMED', subject: 'HF_TOKEN_PATH' });
});

it('shows a mask in text, JSON and consoles', async () => {
  const token = await read({ HF_TOKEN: TOKEN });
  const shown = [
    String(token),
    JSON.stringify({ token }),
    inspect({ token }, { showHidden: true })
  ];
  expect(shown.join(' ')).not.toContain(TOKEN);
  expect(shown[0]).toBe('token from HF_TOKEN');
});
