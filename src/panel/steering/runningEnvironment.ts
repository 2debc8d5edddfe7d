import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';

import { ENVIRONMENT_PATH } from '../../protocol';
import type { EnvironmentFacts } from '../../protocol';
import { EngineFailure } from '../connection';

/** Tells with which variables the kernels and terminals run. */
export interface RunningEnvironment {
  /** @throws EngineFailure */
  read(signal: AbortSignal): Promise<EnvironmentFacts>;
}

/** Asks the server half, which has started them. */
export class ServerEnvironment implements RunningEnvironment {
  constructor(
    private readonly settings: ServerConnection.ISettings,
    private readonly trans: TranslationBundle
  ) {}

  async read(signal: AbortSignal): Promise<EnvironmentFacts> {
    const { settings, trans } = this;
    const url = URLExt.join(settings.baseUrl, 'bedrock-import', ENVIRONMENT_PATH);
    let answer: Response;
    try {
      answer = await ServerConnection.makeRequest(url, { signal, cache: 'no-store' }, settings);
    } catch {
      throw this.failure(
        'SERVER_UNREACHABLE',
        trans.__('The Jupyter server does not answer.'),
        trans.__('It is asked again by itself.')
      );
    }
    if (answer.status === 404) {
      throw this.failure(
        'SERVER_HALF_OLD',
        trans.__('The Jupyter server runs an older version of this extension.'),
        trans.__('Restart the Jupyter server, then reload this page.')
      );
    }
    const facts: unknown = answer.ok ? await answer.json().catch(() => undefined) : undefined;
    if (!isFacts(facts)) {
      throw this.failure(
        'ENVIRONMENT_UNKNOWN',
        trans.__(
          'The Jupyter server does not say what kernels and terminals run with (HTTP %1).',
          answer.status
        ),
        trans.__('Look again; the log of the Jupyter server says why.')
      );
    }
    return facts;
  }

  private failure(code: string, message: string, nextStep: string): EngineFailure {
    return new EngineFailure({ code, message, nextStep, kind: 'failed' });
  }
}

function isFacts(value: unknown): value is EnvironmentFacts {
  const { server, kernels, terminals } = (value ?? {}) as Partial<EnvironmentFacts>;
  return (
    typeof server === 'object' &&
    server !== null &&
    Array.isArray(kernels) &&
    Array.isArray(terminals)
  );
}
