import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** Where the browser is: no browser is downloaded. @throws Error that says how to get one */
export function findChromium(env: NodeJS.ProcessEnv = process.env): string {
  if (env.CHROMIUM_PATH) {
    return env.CHROMIUM_PATH;
  }
  for (const folder of (env.PATH ?? '').split(delimiter)) {
    for (const name of NAMES) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // Not here.
      }
    }
  }
  throw new Error(
    `The browser tests need Chromium: none of ${NAMES.join(', ')} is on the PATH. Install it (on ` +
      'Debian: apt-get install chromium fonts-dejavu-core), or name its program in CHROMIUM_PATH.'
  );
}
