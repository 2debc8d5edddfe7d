import type { Locator, Page } from '@playwright/test';

/** Presses a key until something has the focus. @throws Error when it cannot be reached */
export async function tabTo(page: Page, wanted: Locator, key = 'Tab'): Promise<void> {
  await wanted.waitFor();
  for (let presses = 0; presses < 80; presses += 1) {
    if (await wanted.evaluate(node => node === document.activeElement)) {
      return;
    }
    await page.keyboard.press(key);
  }
  throw new Error(`${wanted.toString()} cannot be reached by ${key}.`);
}
