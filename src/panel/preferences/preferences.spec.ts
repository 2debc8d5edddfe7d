import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { Signal } from '@lumino/signaling';

import { DEFAULTS, Preferences } from './preferences';

const schema = JSON.parse(readFileSync(join(__dirname, '../../../schema/plugin.json'), 'utf8')) as {
  properties: Record<string, { default: unknown; title: string; description: string }>;
};

/** The plugin's settings, with what the user has set. */
class Settings {
  readonly changed = new Signal<this, void>(this);
  composite: Record<string, unknown> = {};

  set(values: Record<string, unknown>): void {
    this.composite = values;
    this.changed.emit();
  }
}

function load(values: Record<string, unknown>) {
  const settings = new Settings();
  settings.composite = values;
  const preferences = new Preferences(
    Promise.resolve(settings as unknown as ISettingRegistry.ISettings)
  );
  return { settings, preferences };
}

function valuesOf(preferences: Preferences): Record<string, unknown> {
  const names = Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[];
  return Object.fromEntries(names.map(name => [name, preferences[name]]));
}

describe('the settings', () => {
  it('have the defaults of the schema', () => {
    const defaults = Object.entries(schema.properties).map(([name, property]) => [
      name,
      property.default
    ]);
    expect(Object.fromEntries(defaults)).toEqual(DEFAULTS);
    for (const { title, description } of Object.values(schema.properties)) {
      expect(title).toBeTruthy();
      expect(description).toMatch(/\.$/);
    }
  });

  it('are the defaults where JupyterLab has no settings', async () => {
    const preferences = new Preferences();
    await preferences.ready;
    expect(valuesOf(preferences)).toEqual(DEFAULTS);
  });

  it('are the defaults until they are read, and when they cannot be', async () => {
    const preferences = new Preferences(Promise.reject(new Error('No schema')));
    expect(valuesOf(preferences)).toEqual(DEFAULTS);
    await preferences.ready;
    expect(valuesOf(preferences)).toEqual(DEFAULTS);
  });

  it('are what the user has set, and say when that changes', async () => {
    const set = {
      model: ' maker/model ',
      bucket: 'bucket',
      prefix: 'models',
      roleArn: 'arn:aws:iam::123456789012:role/Import',
      connections: 8,
      keepAwake: false,
      firstQuestion: 'Who are you?',
      confirmStart: true,
      confirmAsk: false,
      notify: false
    };
    const { settings, preferences } = load(set);
    const changed = jest.fn();
    preferences.changed.connect(changed);
    await preferences.ready;
    expect(valuesOf(preferences)).toEqual({ ...set, model: 'maker/model' });
    expect(changed).toHaveBeenCalledTimes(1);
    settings.set({ ...set, connections: 4 });
    expect(preferences.connections).toBe(4);
    expect(changed).toHaveBeenCalledTimes(2);
  });

  it('pass over values of wrong types', async () => {
    const { preferences } = load({
      model: 7,
      bucket: null,
      prefix: ['a'],
      roleArn: {},
      connections: 1.5,
      keepAwake: 'no',
      firstQuestion: false,
      confirmStart: 1,
      confirmAsk: 'false',
      notify: 0
    });
    await preferences.ready;
    expect(valuesOf(preferences)).toEqual(DEFAULTS);
  });
});
