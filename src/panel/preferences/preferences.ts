import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { Signal } from '@lumino/signaling';
import type { ISignal } from '@lumino/signaling';

import type { IPreferences } from '../tokens';

/** Values of the schema's defaults, for a JupyterLab without settings. */
export const DEFAULTS = {
  model: '',
  bucket: '',
  prefix: '',
  roleArn: '',
  connections: 0,
  keepAwake: true,
  firstQuestion: '',
  confirmStart: false,
  confirmAsk: true,
  notify: true
};

export class Preferences implements IPreferences {
  readonly ready: Promise<void>;
  private readonly _changed = new Signal<IPreferences, void>(this);
  private values: Readonly<Record<string, unknown>> = {};

  /** @param loading the plugin's settings; missing where JupyterLab has none */
  constructor(loading?: Promise<ISettingRegistry.ISettings>) {
    this.ready =
      loading === undefined
        ? Promise.resolve()
        : loading.then(
            settings => {
              this.take(settings);
              settings.changed.connect(this.take, this);
            },
            // A schema that cannot be loaded is JupyterLab's to report; the defaults do.
            () => undefined
          );
  }

  get changed(): ISignal<IPreferences, void> {
    return this._changed;
  }

  get model(): string {
    return this.text('model');
  }

  get bucket(): string {
    return this.text('bucket');
  }

  get prefix(): string {
    return this.text('prefix');
  }

  get roleArn(): string {
    return this.text('roleArn');
  }

  get firstQuestion(): string {
    return this.text('firstQuestion');
  }

  get connections(): number {
    const value = this.values['connections'];
    return typeof value === 'number' && Number.isInteger(value) ? value : DEFAULTS.connections;
  }

  get keepAwake(): boolean {
    return this.flag('keepAwake');
  }

  get confirmStart(): boolean {
    return this.flag('confirmStart');
  }

  get confirmAsk(): boolean {
    return this.flag('confirmAsk');
  }

  get notify(): boolean {
    return this.flag('notify');
  }

  private text(name: 'model' | 'bucket' | 'prefix' | 'roleArn' | 'firstQuestion'): string {
    const value = this.values[name];
    return typeof value === 'string' ? value.trim() : DEFAULTS[name];
  }

  private flag(name: 'keepAwake' | 'confirmStart' | 'confirmAsk' | 'notify'): boolean {
    const value = this.values[name];
    return typeof value === 'boolean' ? value : DEFAULTS[name];
  }

  private take(settings: ISettingRegistry.ISettings): void {
    this.values = settings.composite;
    this._changed.emit();
  }
}
