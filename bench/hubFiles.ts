import { request } from 'node:https';
import { readFileSync } from 'node:fs';

import type { Servers } from './servers';

export interface HubFile {
  path: string;
  sizeBytes: number;
}

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

function get(servers: Servers, path: string, method = 'GET'): Promise<Answer> {
  const ca = readFileSync(servers.caFile);
  return new Promise((resolve, reject) => {
    request(new URL(path, servers.hubUrl), { ca, agent: false, method }, answer => {
      let text = '';
      answer.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
      });
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text })
      );
      answer.on('error', reject);
    })
      .on('error', reject)
      .end();
  });
}

/** All files of a model. The first call makes the sandbox hash them, about a second for each GB. */
export async function listHubFiles(servers: Servers, model: string): Promise<HubFile[]> {
  const files: HubFile[] = [];
  let path: string | undefined = `/api/models/${model}/tree/main?recursive=true`;
  while (path !== undefined) {
    const answer: Answer = await get(servers, path);
    if (answer.status !== 200) {
      throw new Error(`The hub answered ${answer.status} for ${model}.`);
    }
    const entries = JSON.parse(answer.text) as Array<{ type: string; path: string; size: number }>;
    files.push(
      ...entries
        .filter(entry => entry.type === 'file')
        .map(entry => ({ path: entry.path, sizeBytes: entry.size }))
    );
    path = /<([^>]+)>/.exec(String(answer.headers['link'] ?? ''))?.[1];
  }
  return files;
}

export const hubUrlOf = (servers: Servers, model: string, path: string) =>
  `${servers.hubUrl}/${model}/resolve/main/${path}`;

/** Where the bytes of a file are: a signed URL, or the hub's own for a small file. */
export async function locate(servers: Servers, model: string, path: string): Promise<string> {
  const url = hubUrlOf(servers, model, path);
  const answer = await get(servers, url, 'HEAD');
  return String(answer.headers['location'] ?? url);
}
