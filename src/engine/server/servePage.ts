// Brings what vscode-jsonrpc needs of the platform.
import 'vscode-jsonrpc/node';

import { ResponseError } from 'vscode-jsonrpc';

import { version } from '../../../package.json';
import { hello, openConnection, PROTOCOL_VERSION, RELOAD_NEEDED } from '../../protocol';
import type { Failure, TextChannel } from '../../protocol';
import { serveCacheMove } from './cacheMove';
import { serveDisk } from './disk';
import { serveCache } from './cache';
import type { EngineHost } from './host';
import { serveImportedModels } from './importedModels';
import { serveImports } from './imports';
import { serveJobs } from './jobs';
import { serveMachine } from './machine';
import { serveModels } from './models';
import { Page } from './page';
import { serveUploads } from './uploads';
import { serveTrash } from './trash';
import { serveSteering } from './steering';

/** Answers everything that a page asks, until it leaves. */
export function servePage(
  channel: TextChannel,
  host: EngineHost,
  log: (message: string) => void = () => undefined
): void {
  // The library's own words hold what the page sent.
  const connection = openConnection(channel, () => log('A message of a page was not understood.'));
  const page = new Page(connection);
  page.answer(hello, async ({ protocolVersion }) => {
    if (protocolVersion !== PROTOCOL_VERSION) {
      throw reloadNeeded();
    }
    page.greeted = true;
    return { protocolVersion: PROTOCOL_VERSION, engineVersion: version };
  });
  serveMachine(page, host);
  serveDisk(page, host);
  serveUploads(page, host);
  serveModels(page, host);
  serveImports(page, host);
  serveJobs(page, host);
  serveImportedModels(page, host);
  serveSteering(page, host);
  serveCacheMove(page, host);
  serveTrash(page, host);
  serveCache(page, host);
  connection.listen();
}

function reloadNeeded(): ResponseError<Failure> {
  const failure: Failure = {
    code: 'RELOAD_NEEDED',
    message: 'The package was updated since this page was loaded.',
    nextStep: 'Reload the page. If that does not help, restart the Jupyter server.',
    kind: 'usage'
  };
  return new ResponseError(RELOAD_NEEDED, failure.message, failure);
}
