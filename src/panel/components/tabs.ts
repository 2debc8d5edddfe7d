import type { JupyterFrontEnd } from '@jupyterlab/application';
import { MainAreaWidget } from '@jupyterlab/apputils';
import type { WidgetTracker } from '@jupyterlab/apputils';
import { refreshIcon, ToolbarButton } from '@jupyterlab/ui-components';
import type { Widget } from '@lumino/widgets';

import { panelIcon } from '../icons';

/** A tab of the main area; its title is the caller's. */
export function createTab<C extends Widget>(id: string, content: C): MainAreaWidget<C> {
  const tab = new MainAreaWidget({ content });
  tab.id = id;
  tab.title.icon = panelIcon;
  tab.title.closable = true;
  return tab;
}

/** Gives a tab the button with which everything in it is looked at again. */
export function addRefresh(tab: MainAreaWidget, label: string, onClick: () => void): void {
  tab.toolbar.addItem('refresh', new ToolbarButton({ icon: refreshIcon, tooltip: label, onClick }));
}

export interface TabPlace<C extends Widget> {
  shell: JupyterFrontEnd.IShell;
  tracker: WidgetTracker<MainAreaWidget<C>>;
}

/** Shows the tab whose content is wanted; creates it when there is none. */
export function showTab<C extends Widget>(
  { shell, tracker }: TabPlace<C>,
  isWanted: (content: C) => boolean,
  create: () => MainAreaWidget<C>
): void {
  let tab = tracker.find(({ content }) => isWanted(content));
  if (tab === undefined) {
    tab = create();
    shell.add(tab, 'main', { type: 'Bedrock Import' });
    void tracker.add(tab);
  }
  shell.activateById(tab.id);
}
