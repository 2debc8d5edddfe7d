/** JupyterLab and the panel as a user handles them. */
import { expect } from '@playwright/test';
import type { Locator, Page } from '@playwright/test';

import { PANEL_ID, SectionIDs } from '../src/panel/commandIds';
import type { Lab } from './lab';

export type Theme = 'JupyterLab Light' | 'JupyterLab Dark' | 'JupyterLab Dark High Contrast';

const SECTIONS = {
  'This machine': SectionIDs.machine,
  'Import a model': SectionIDs.model,
  Jobs: SectionIDs.jobs,
  'Imported models': SectionIDs.importedModels,
  Tutorials: SectionIDs.notebooks
} as const;

export type SectionTitle = keyof typeof SECTIONS;

/** Titles of the panel's sections, in their order. */
export const SECTION_TITLES = Object.keys(SECTIONS) as SectionTitle[];

export class PanelPage {
  constructor(
    readonly page: Page,
    private readonly lab: Lab
  ) {}

  /** The panel. */
  get root(): Locator {
    return this.page.locator(`#${PANEL_ID}`);
  }

  /** The icon in the sidebar. */
  get tab(): Locator {
    return this.page.getByRole('tab', { name: 'Bedrock Import' });
  }

  /** What keeps the panel from the engine; empty when nothing does. */
  get connection(): Locator {
    return this.root.locator('.jp-BedrockImport-connection');
  }

  /** Loads JupyterLab and waits until it has put everything in its place. */
  async visit(path = 'lab'): Promise<void> {
    await this.page.goto(this.lab.url(path));
    await this.loaded();
  }

  async reload(): Promise<void> {
    await this.page.reload();
    await this.loaded();
  }

  private async loaded(): Promise<void> {
    await expect(this.page.locator('#jp-main-dock-panel')).toBeVisible({ timeout: 30_000 });
    await expect(this.page.locator('#jupyterlab-splash')).toHaveCount(0, { timeout: 30_000 });
    await expect(this.tab).toBeVisible();
  }

  /**
   * Waits until JupyterLab has given its launcher the focus, as newer ones do some time after the
   * start. Specs that type without a field of their own need it; a user comes later.
   */
  async settled(): Promise<void> {
    await this.page
      .waitForFunction(
        () => Boolean(document.activeElement?.closest('#jp-main-dock-panel')),
        null,
        {
          timeout: 3_000
        }
      )
      // Older ones leave it where it was.
      .catch(() => undefined);
  }

  /** Loads JupyterLab, opens the panel by mouse, and waits for the engine. */
  async open(): Promise<void> {
    await this.visit();
    await this.show();
    await this.ready();
  }

  /** Clicks the icon in the sidebar unless the panel is open. */
  async show(): Promise<void> {
    if (!(await this.root.isVisible())) {
      await this.tab.click();
    }
    await expect(this.root).toBeVisible();
  }

  /** Waits until the panel has its engine. */
  async ready(): Promise<void> {
    await expect(this.connection).toBeEmpty({ timeout: 30_000 });
  }

  /** What is below a section's title. */
  section(title: SectionTitle): Locator {
    return this.root.locator(`#${SECTIONS[title]}`);
  }

  /** A section's title, with its toolbar; it opens and closes the section. */
  title(title: SectionTitle): Locator {
    return this.root.locator('.lm-AccordionPanel-title').filter({ has: this.label(title) });
  }

  /** Opens a section unless it is open. */
  async expand(title: SectionTitle): Promise<Locator> {
    if ((await this.title(title).getAttribute('aria-expanded')) !== 'true') {
      await this.toggle(title);
    }
    await expect(this.section(title)).toBeVisible();
    return this.section(title);
  }

  /** Clicks a section's title. */
  async toggle(title: SectionTitle): Promise<void> {
    await this.title(title).locator(this.label(title)).click();
  }

  private label(title: SectionTitle): Locator {
    return this.page.locator('.lm-AccordionPanel-titleLabel').getByText(title, { exact: true });
  }

  async setTheme(theme: Theme): Promise<void> {
    await this.run('apputils:change-theme', { theme });
    await expect(this.page.locator('body')).toHaveAttribute('data-jp-theme-name', theme);
  }

  /** The width of the panel in CSS pixels, as if its edge had been dragged. */
  async setWidth(width: number): Promise<void> {
    const box = await this.root.boundingBox();
    if (box === null) {
      throw new Error('The panel is not open.');
    }
    const edge = { x: box.x + box.width + 1, y: box.y + box.height / 2 };
    await this.page.mouse.move(edge.x, edge.y);
    await this.page.mouse.down();
    await this.page.mouse.move(edge.x + width - box.width, edge.y, { steps: 4 });
    await this.page.mouse.up();
  }

  /** Runs a command of JupyterLab. */
  async run(command: string, args: Record<string, string> = {}): Promise<void> {
    await this.page.evaluate(
      async ([id, values]) => {
        const { jupyterapp } = window as unknown as {
          jupyterapp: { commands: { execute(id: string, args: object): Promise<unknown> } };
        };
        await jupyterapp.commands.execute(id, values);
      },
      [command, args] as const
    );
  }

  /**
   * Runs a command by its name in the command palette, by keyboard. The palette goes away when
   * JupyterLab gives something else the focus, as it does at its start; a user opens it again.
   */
  async chooseFromPalette(label: string): Promise<void> {
    const { keyboard } = this.page;
    const palette = this.page.locator('#modal-command-palette');
    await expect(async () => {
      await keyboard.press('Escape');
      await keyboard.press('ControlOrMeta+Shift+C');
      await expect(palette.locator('input')).toBeFocused({ timeout: 3_000 });
      await keyboard.type(label);
      await expect(palette.locator('.lm-CommandPalette-item.lm-mod-active')).toContainText(label, {
        timeout: 3_000
      });
      await expect(palette.locator('input')).toHaveValue(label, { timeout: 500 });
    }).toPass({ timeout: 30_000 });
    await keyboard.press('Enter');
    await expect(palette).toBeHidden();
  }

  /**
   * JupyterLab writes a changed layout down half a second later, and once more when it has changed
   * meanwhile: waits for the last one.
   */
  async layoutIsSaved(): Promise<void> {
    const saved = (timeout: number): Promise<unknown> =>
      this.page.waitForResponse(
        answer =>
          answer.request().method() === 'PUT' && answer.url().includes('/lab/api/workspaces/'),
        { timeout }
      );
    await saved(15_000);
    for (;;) {
      try {
        await saved(1_000);
      } catch {
        return;
      }
    }
  }

  /** JupyterLab says in a dialog of its own that the server is away, sooner or later: it is closed. */
  async closeConnectionDialogs(): Promise<void> {
    await this.page.addLocatorHandler(
      this.page.locator('.jp-Dialog', { hasText: 'A connection to the Jupyter server' }),
      dialog => dialog.locator('.jp-Dialog-footer button').first().click()
    );
  }

  /** The dialog that is open. */
  get dialog(): Locator {
    return this.page.locator('.jp-Dialog');
  }
}
