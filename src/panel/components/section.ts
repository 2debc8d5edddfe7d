import type { TranslationBundle } from '@jupyterlab/translation';
import { PanelWithToolbar, refreshIcon, ToolbarButton } from '@jupyterlab/ui-components';
import type { LabIcon } from '@jupyterlab/ui-components';
import type { Widget } from '@lumino/widgets';

export interface SectionTool {
  id: string;
  icon: LabIcon;
  label: string;
  onClick: () => void;
}

export interface SectionOptions {
  id: string;
  label: string;
  body: Widget;
  tools?: readonly SectionTool[];
  trans: TranslationBundle;
}

/** Every section can be asked to look again. */
export function refreshTool(label: string, onClick: () => void): SectionTool {
  return { id: 'refresh', icon: refreshIcon, label, onClick };
}

/** A section of the panel: its title, its toolbar and what it shows. */
export function createSection(options: SectionOptions): PanelWithToolbar {
  const { id, label, body, tools = [], trans } = options;
  const section = new PanelWithToolbar();
  section.id = id;
  section.addClass('jp-BedrockImport-section');
  section.title.label = label;
  section.toolbar.node.setAttribute('aria-label', trans.__('%1 toolbar', label));
  tools.forEach((tool, index) => insertTool(section, index, tool));
  section.addWidget(body);
  return section;
}

/** Adds a tool that is not known from the start. */
export function insertTool(section: PanelWithToolbar, index: number, tool: SectionTool): void {
  const { icon, id, label, onClick } = tool;
  section.toolbar.insertItem(index, id, new ToolbarButton({ icon, tooltip: label, onClick }));
}
