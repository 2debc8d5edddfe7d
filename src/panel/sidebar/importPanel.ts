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

/** The panel in the sidebar: what keeps it from the engine, and below one section for each feature. */
export class ImportPanel extends SidePanel {
  private readonly engine: IEngine;
  private readonly ranks = new Map<Widget, number>();
  private readonly _collapsedChanged = new Signal<this, readonly string[]>(this);

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
  }

  /** Ids of the closed sections, whenever one is opened or closed. */
  get collapsedChanged(): ISignal<this, readonly string[]> {
    return this._collapsedChanged;
  }

  addSection(section: Widget, rank: number): void {
    this.ranks.set(section, rank);
    const index = this.widgets.filter(widget => (this.ranks.get(widget) ?? 0) <= rank).length;
    this.insertWidget(index, section);
  }

  /** Opens a section and gives it the focus. */
  openSection(id: string): void {
    const index = this.widgets.findIndex(widget => widget.id === id);
    if (index < 0) {
      return;
    }
    this.accordion.expand(index);
    const first = this.widgets[index]?.node.querySelector<HTMLElement>(
      'input, select, textarea, button, [tabindex="0"]'
    );
    (first ?? this.accordion.titles[index])?.focus();
  }

  /** Closes the sections that the user had closed, and opens the others. */
  restoreCollapsed(ids: readonly string[]): void {
    this.widgets.forEach((widget, index) => {
      if (ids.includes(widget.id)) {
        this.accordion.collapse(index);
      } else {
        this.accordion.expand(index);
      }
    });
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

  private onToggled(): void {
    const { titles } = this.accordion;
    const collapsed = this.widgets
      .filter((_, index) => titles[index]?.getAttribute('aria-expanded') !== 'true')
      .map(({ id }) => id);
    this._collapsedChanged.emit(collapsed);
  }
}
