import { SidePanel } from '@jupyterlab/ui-components';
import type { ITranslator } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';
import { Signal } from '@lumino/signaling';
import type { ISignal } from '@lumino/signaling';
import { AccordionPanel } from '@lumino/widgets';
import type { Widget } from '@lumino/widgets';

import { PANEL_ID } from '../commandIds';
import { panelIcon } from '../icons';
import type { IEngine } from '../tokens';
import { ConnectionView } from './connectionView';

export interface ImportPanelOptions {
  engine: IEngine;
  translator: ITranslator;
  baseUrl: string;
}

/** Which sections are closed, and how high the others are in relation to each other. */
export interface PanelLayout {
  collapsed: readonly string[];
  /** One for each section, in their order; unknown before the user has moved anything. */
  sizes?: readonly number[];
}

/** The panel in the sidebar: what keeps it from the engine, and below one section for each feature. */
export class ImportPanel extends SidePanel {
  private readonly engine: IEngine;
  private readonly places = new Map<Widget, { rank: number; share: number }>();
  private readonly _layoutChanged = new Signal<this, PanelLayout>(this);

  constructor({ engine, translator, baseUrl }: ImportPanelOptions) {
    super({ translator });
    this.engine = engine;
    const trans = translator.load('jupyterlab_bedrock_import');
    this.id = PANEL_ID;
    this.addClass('jp-BedrockImport');
    this.title.icon = panelIcon;
    this.title.caption = trans.__('Bedrock Import');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', trans.__('Bedrock Import'));
    this.header.addWidget(new ConnectionView({ engine, trans, baseUrl }));
    this.accordion.expansionToggled.connect(this.onToggled, this);
    this.accordion.handleMoved.connect(this.onMoved, this);
  }

  /** Whenever a section is opened, closed or made higher. */
  get layoutChanged(): ISignal<this, PanelLayout> {
    return this._layoutChanged;
  }

  addSection(section: Widget, rank: number, share = 1): void {
    this.places.set(section, { rank, share });
    const index = this.widgets.filter(
      widget => (this.places.get(widget)?.rank ?? 0) <= rank
    ).length;
    this.insertWidget(index, section);
  }

  /** Opens a section and gives it the focus. */
  openSection(id: string): void {
    const index = this.widgets.findIndex(widget => widget.id === id);
    if (index < 0) {
      return;
    }
    this.accordion.expand(index);
    this.focusSection(index);
    // The command palette gives the focus back to the main area after it has run a command.
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        if (this.isVisible && !this.node.contains(document.activeElement)) {
          this.focusSection(index);
        }
      })
    );
  }

  private focusSection(index: number): void {
    const first = this.widgets[index]?.node.querySelector<HTMLElement>(
      'input, select, textarea, button, [tabindex="0"]'
    );
    (first ?? this.accordion.titles[index])?.focus();
  }

  /** Lays the sections out as the user had them, or by what each of them needs. */
  restoreLayout({ collapsed, sizes }: PanelLayout): void {
    const { accordion, widgets } = this;
    widgets.forEach((widget, index) => {
      if (collapsed.includes(widget.id)) {
        accordion.collapse(index);
      } else {
        accordion.expand(index);
      }
    });
    // Those of another version of the extension may be fewer.
    accordion.setRelativeSizes(sizes?.length === widgets.length ? [...sizes] : this.shares);
  }

  /** Nothing goes over the network before somebody looks. */
  protected override onBeforeShow(msg: Message): void {
    super.onBeforeShow(msg);
    this.engine.connect();
  }

  protected override onActivateRequest(msg: Message): void {
    super.onActivateRequest(msg);
    if (!this.node.contains(document.activeElement)) {
      this.accordion.titles[0]?.focus();
    }
  }

  private get accordion(): AccordionPanel {
    if (!(this.content instanceof AccordionPanel)) {
      throw new Error('A side panel without accordion');
    }
    return this.content;
  }

  /** Of the sections that are open. */
  private get shares(): number[] {
    return this.widgets.map(widget =>
      widget.isHidden ? 0 : (this.places.get(widget)?.share ?? 1)
    );
  }

  /** The accordion opens a section that was never open without any height. */
  private onToggled(accordion: AccordionPanel, index: number): void {
    const { shares } = this;
    const fair = (shares[index] ?? 0) / shares.reduce((sum, share) => sum + share, 0);
    const sizes = accordion.relativeSizes();
    if ((sizes[index] ?? 0) < fair / 2) {
      const others = sizes.reduce((sum, size, at) => (at === index ? sum : sum + size), 0);
      accordion.setRelativeSizes(
        others === 0
          ? shares
          : sizes.map((size, at) => (at === index ? fair : (size / others) * (1 - fair)))
      );
    }
    this.onMoved();
  }

  private onMoved(): void {
    const { accordion, widgets } = this;
    this._layoutChanged.emit({
      collapsed: widgets.filter(({ isHidden }) => isHidden).map(({ id }) => id),
      sizes: accordion.relativeSizes()
    });
  }
}
