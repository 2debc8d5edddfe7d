import { VDomRenderer } from '@jupyterlab/ui-components';

/** An item of the status bar that can be pressed by mouse and by keyboard. */
export abstract class StatusButton<M extends VDomRenderer.IModel> extends VDomRenderer<M> {
  constructor(
    model: M,
    private readonly press: () => void
  ) {
    super(model);
    this.addClass('jp-mod-highlighted');
    this.addClass('jp-BedrockImport-statusButton');
    this.node.tabIndex = 0;
    this.node.setAttribute('role', 'button');
    this.node.addEventListener('click', this);
    this.node.addEventListener('keydown', this);
  }

  override dispose(): void {
    this.node.removeEventListener('click', this);
    this.node.removeEventListener('keydown', this);
    super.dispose();
  }

  handleEvent(event: Event): void {
    const isKey = event instanceof KeyboardEvent;
    if (!isKey || event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      this.press();
    }
  }
}
