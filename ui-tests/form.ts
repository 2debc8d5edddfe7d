/** The form that imports a model, as a user fills it. */
import { expect } from '@playwright/test';
import type { Locator } from '@playwright/test';

import type { PanelPage } from './panel';

export function form(panel: PanelPage): Locator {
  return panel.section('Import a model');
}

/** Types a model's name over whatever is there, and waits for what is found. */
export async function lookUp(panel: PanelPage, model: string): Promise<void> {
  const section = form(panel);
  const field = section.getByRole('combobox', { name: 'Model' });
  await field.fill(model);
  await field.press('Enter');
  await expect(field).toHaveValue(model);
  await expect(section.getByText('Looking at the model …')).toHaveCount(0);
}

export async function chooseDestination(
  panel: PanelPage,
  { bucket, role }: { bucket: string; role: string }
): Promise<void> {
  const section = form(panel);
  await section.getByRole('combobox', { name: 'Bucket' }).selectOption(bucket);
  await section.getByRole('combobox', { name: 'Role' }).selectOption({ label: role });
}

/** The button, when nothing is missing any more. */
export async function start(panel: PanelPage): Promise<void> {
  const button = form(panel).getByRole('button', { name: 'Start' });
  await expect(async () => {
    // What went wrong is said where it is told, not only that Start is off.
    expect(await form(panel).getByRole('alert').allTextContents()).toEqual([]);
    expect(await button.getAttribute('aria-disabled')).toBe('false');
  }).toPass({ timeout: 15_000 });
  await button.click();
  await expect(form(panel).getByText('It runs as a job.')).toBeVisible();
}

/** The list of jobs. */
export function jobs(panel: PanelPage): Locator {
  return panel.section('Jobs');
}
