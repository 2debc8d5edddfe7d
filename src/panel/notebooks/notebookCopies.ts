import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';

import { EngineFailure } from '../connection';

const PATH = 'notebooks';

/** What the server half says of a notebook that it ships. */
export interface NotebookFact {
  name: string;
  title: string;
  /** One sentence, in the language of the notebook. */
  description: string;
}

/** The notebooks of the server half. */
export interface NotebookCopies {
  /** @throws EngineFailure */
  list(signal: AbortSignal): Promise<NotebookFact[]>;
  /** Makes a copy unless there is one. @returns its path under the root. @throws EngineFailure */
  copy(name: string): Promise<string>;
}

export class ServerNotebooks implements NotebookCopies {
  constructor(
    private readonly settings: ServerConnection.ISettings,
    private readonly trans: TranslationBundle
  ) {}

  async list(signal: AbortSignal): Promise<NotebookFact[]> {
    const answer = await this.ask({ signal, cache: 'no-store' });
    const { notebooks } = (answer ?? {}) as { notebooks?: unknown };
    if (!Array.isArray(notebooks) || !notebooks.every(isFact)) {
      throw this.unexpected();
    }
    return notebooks;
  }

  async copy(name: string): Promise<string> {
    const answer = await this.ask({ method: 'POST', body: JSON.stringify({ name }) });
    const { path } = (answer ?? {}) as { path?: unknown };
    if (typeof path !== 'string') {
      throw this.unexpected();
    }
    return path;
  }

  private async ask(init: RequestInit): Promise<unknown> {
    const { settings, trans } = this;
    const url = URLExt.join(settings.baseUrl, 'bedrock-import', PATH);
    let answer: Response;
    try {
      answer = await ServerConnection.makeRequest(url, init, settings);
    } catch {
      throw failure(
        'SERVER_UNREACHABLE',
        trans.__('The Jupyter server does not answer.'),
        trans.__('Try again when JupyterLab is connected.')
      );
    }
    const body: unknown = await answer.json().catch(() => undefined);
    if (answer.ok) {
      return body;
    }
    const { code, message } = (body ?? {}) as { code?: unknown; message?: unknown };
    throw this.refused(
      answer.status,
      typeof code === 'string' ? code : '',
      typeof message === 'string' ? message : ''
    );
  }

  /** In the user's language by the code; the server's own words are for what nobody foresaw. */
  private refused(status: number, code: string, message: string): EngineFailure {
    const { trans } = this;
    switch (code) {
      case 'NOTEBOOK_UNKNOWN':
        return failure(
          code,
          trans.__('The Jupyter server does not have this tutorial.'),
          trans.__('Restart the Jupyter server, then reload this page.')
        );
      case 'NO_ROOM':
        return failure(
          code,
          trans.__('There is no room on the disk for a copy of the tutorial.'),
          trans.__('Delete something, for instance with “Free Up Space” in the menu “Bedrock”.')
        );
      case 'NOT_WRITABLE':
        return failure(
          code,
          trans.__('The folder that JupyterLab shows cannot be written to.'),
          trans.__('Start JupyterLab in a folder in which you may make files.')
        );
      case 'FOLDER_IS_FILE':
        return failure(
          code,
          trans.__('Copies of the tutorials go in the folder bedrock-import-notebooks.'),
          trans.__('There is a file of that name. Rename it, then try again.')
        );
    }
    if (status === 404) {
      return failure(
        'SERVER_HALF_OLD',
        trans.__('The Jupyter server has not loaded this version of the extension yet.'),
        trans.__('Restart the Jupyter server, then reload this page.')
      );
    }
    return this.unexpected(message === '' ? trans.__('HTTP status %1', status) : message);
  }

  private unexpected(detail?: string): EngineFailure {
    const { trans } = this;
    return failure(
      'NOTEBOOKS_FAILED',
      detail === undefined
        ? trans.__('The Jupyter server answers something else than a tutorial.')
        : trans.__('The Jupyter server could not copy the tutorial: %1', detail),
      trans.__('Try again; the log of the Jupyter server says why.')
    );
  }
}

function failure(code: string, message: string, nextStep: string): EngineFailure {
  return new EngineFailure({ code, message, nextStep, kind: 'failed' });
}

function isFact(value: unknown): value is NotebookFact {
  const { name, title, description } = (value ?? {}) as Record<string, unknown>;
  return [name, title, description].every(text => typeof text === 'string');
}
