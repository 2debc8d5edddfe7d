/** What a page complains of: a test fails when there is anything that it did not expect. */
import type { BrowserContext, Page } from '@playwright/test';

interface Expected {
  pattern: RegExp;
  why: string;
}

/** What JupyterLab says itself, with or without this extension. */
const OF_JUPYTERLAB: Expected[] = [
  {
    pattern: /console warning: Plugin @jupyterlab\/\S+ \(.*\) took [\d.]+ms to activate/,
    why: 'It measures its own start, which takes long on a busy machine.'
  },
  {
    pattern: /console warning: Language pack 'en_US' not installed!/,
    why: '4.2 looks for a translation into its own language.'
  }
];

export class Problems {
  private readonly found: string[] = [];
  private readonly expected: Expected[] = [...OF_JUPYTERLAB];

  constructor(context: BrowserContext) {
    context.on('page', page => this.watch(page));
    for (const page of context.pages()) {
      this.watch(page);
    }
  }

  /** From now on and looking back, problems like this are part of the test. */
  expect(pattern: RegExp, why: string): void {
    this.expected.push({ pattern, why });
  }

  /** The test stops the server, and JupyterLab says so in its many ways. */
  expectServerAway(): void {
    this.expect(/ERR_(CONNECTION_REFUSED|EMPTY_RESPONSE|CONNECTION_RESET)/, 'the server is away');
    this.expect(/WebSocket connection to .* failed/, 'the server is away');
    this.expect(/Failed to fetch|NetworkError|ServerConnection|Connection lost/, 'what follows');
    this.expect(/A connection to the Jupyter server could not be/, 'of JupyterLab’s own dialog');
  }

  unexpected(): string[] {
    return this.found.filter(text => !this.expected.some(({ pattern }) => pattern.test(text)));
  }

  private watch(page: Page): void {
    page.on('console', message => {
      if (['error', 'warning', 'assert'].includes(message.type())) {
        this.found.push(`console ${message.type()}: ${message.text()} (${message.location().url})`);
      }
    });
    page.on('pageerror', error => {
      this.found.push(`page error: ${error.stack ?? error.message}`);
    });
    page.on('requestfailed', request => {
      const reason = request.failure()?.errorText ?? '';
      // Of pages that are left or reloaded.
      if (reason !== 'net::ERR_ABORTED') {
        this.found.push(
          `request failed: ${request.method()} ${withoutToken(request.url())} ${reason}`
        );
      }
    });
    page.on('response', response => {
      if (response.status() >= 400) {
        this.found.push(
          `request refused: ${response.status()} ${response.request().method()} ${withoutToken(response.url())}`
        );
      }
    });
  }
}

function withoutToken(url: string): string {
  return url.replace(/token=[^&]*/, 'token=…');
}
