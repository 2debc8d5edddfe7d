import { TINY_TEMPLATE } from '../../engine/cli/testing/tinyModel';
import { DISPLAY } from '../display';
import type { Displayed } from '../display';
import { importModel } from '../importModel';
import { connect } from '../session';
import { MODEL, startNotebookTrial } from '../session/testing/notebookTrial';
import type { NotebookTrial } from '../session/testing/notebookTrial';
import { readModelTemplate } from '../template';
import { estimateCost, lookAtQuotas, talk, unitRatesFor, WINDOW_MINUTES } from '.';

jest.setTimeout(60_000);

const ARN = 'arn:aws:bedrock:us-east-1:123456789012:imported-model/abcdefghijkl';
const WEATHER = {
  name: 'get_weather',
  description: 'The weather in a city now.',
  inputSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
};

const textBy = async (view: Displayed): Promise<string> =>
  String((await view[DISPLAY]())['text/plain']);

describe('cost', () => {
  const model = (perModelCopy?: number) => ({
    modelArn: ARN,
    customModelUnits: perModelCopy === undefined ? undefined : { perModelCopy, version: 'v1.0' }
  });

  it('is copies × units × rate × 5 × windows', async () => {
    const rates = { perMinute: 0.1, perMonth: 2, source: 'mine' };
    const estimate = estimateCost(model(8), rates);
    expect(WINDOW_MINUTES).toBe(5);
    expect(estimate.perWindow).toBeCloseTo(8 * 0.1 * 5);
    expect(estimate.storagePerMonth).toBe(16);
    for (const { copies, windows, usd } of estimate.examples) {
      expect(usd).toBeCloseTo(copies * windows * 4);
    }
    const text = await textBy(estimate);
    expect(text).toMatch(/A window of 5 minutes +\$4\.00/);
    expect(text).toMatch(/with three active copies +3 +12 +\$144\.00/);
    expect(text).toContain('$0.1 a minute (mine)');
  });

  it('needs the units', () => {
    const rates = unitRatesFor('us-east-1');
    expect(() => estimateCost(model(), rates)).toThrow(
      expect.objectContaining({ code: 'UNITS_UNKNOWN' })
    );
  });

  it('has rates with a source, and says whose they are', () => {
    expect(unitRatesFor('us-east-1').perMinute).toBe(0.05718);
    expect(unitRatesFor('eu-central-1').perMinute).toBe(0.07144);
    expect(unitRatesFor('us-east-1', 'v2.0').perMinute).toBe(0.1433);
    expect(unitRatesFor('us-west-2')).toMatchObject({
      perMinute: 0.05718,
      source: expect.stringContaining('of us-east-1, not of us-west-2')
    });
  });
});

describe('with an imported model', () => {
  let trial: NotebookTrial;

  beforeAll(async () => {
    trial = await startNotebookTrial({
      args: ['--fault', 'import-seconds=0.5', '--fault', 'model-not-ready=2']
    });
    await connect({ model: MODEL });
  });
  afterAll(() => trial.stop());

  const lines = (): string => trial.jupyter.lastText();

  it('limits are told with what is used of them', async () => {
    const before = await lookAtQuotas();
    expect(before).toMatchObject({ region: 'us-east-1', running: [], models: [] });
    expect(await textBy(before)).toMatch(/Imported models +0 of 3/);
    await importModel({ importedModelName: 'spoken-to' });
    const after = await lookAtQuotas();
    expect(after.models.map(({ modelName }) => modelName)).toEqual(['spoken-to']);
    expect(await textBy(after)).toMatch(/Imported models +1 of 3/);
    expect(await textBy(after)).toContain('spoken-to');
  });

  it('a conversation goes by Converse, after a wait that is seen', async () => {
    const { model } = await importModel({ importedModelName: 'spoken-to' });
    const template = await readModelTemplate();
    let waited = '';
    trial.jupyter.onText = text => {
      waited = text.includes('restoring a copy') ? text : waited;
    };
    const told = await talk(model, {
      turns: [{ role: 'user', text: '<i>Hello</i>' }],
      template,
      maxTokens: 5
    });
    trial.jupyter.onText = undefined;
    expect(told).toMatchObject({ api: 'Converse', stopReason: expect.any(String) });
    expect(told.turns).toEqual([{ role: 'user', text: '<i>Hello</i>' }, told.turn]);
    expect(told.fallbackReason).toBeUndefined();
    expect(await textBy(told)).toMatch(/^Answered \(\w+\)\.$/);
    expect(waited).toContain('user: <i>Hello</i>');
    expect(waited).toMatch(/Waited .* of at most 15 min/);
    expect(lines()).toContain('Converse, ');
    expect(String(trial.jupyter.sent.at(-1)?.['text/html'])).toContain('&lt;i&gt;Hello&lt;/i&gt;');
  });

  it('a tool that Converse refuses goes into the prompt', async () => {
    const { model } = await importModel({ importedModelName: 'spoken-to' });
    const asked = {
      tools: [WEATHER],
      template: { template: TINY_TEMPLATE },
      maxTokens: 5
    };
    const told = await talk(model, {
      ...asked,
      turns: [{ role: 'user', text: 'What is the weather in Paris?' }],
      toolChoice: 'get_weather'
    });
    expect(told).toMatchObject({
      api: 'InvokeModel (prompt)',
      toolsBy: 'plain words',
      fallbackReason: expect.stringContaining("This model doesn't support tool use.")
    });
    expect(told.prompt).toMatch(/\{"name": "get_weather", "parameters": \{"city": "$/);
    expect(lines()).toContain('tools in plain words');

    await talk(model, {
      ...asked,
      turns: [
        { role: 'user', text: 'What is the weather in Paris?' },
        {
          role: 'assistant',
          text: '',
          toolCalls: [{ id: 'a', name: 'get_weather', input: { city: 'Paris' } }]
        },
        {
          role: 'user',
          toolResults: [
            { id: 'a', output: { sky: 'cloudy' } },
            { id: 'b', output: 'no such city', failed: true }
          ]
        }
      ]
    });
    expect(lines()).toContain('assistant calls a tool: get_weather({"city":"Paris"})');
    expect(lines()).toContain('tool: {"sky":"cloudy"}');
    expect(lines()).toContain('tool, failed: no such city');
  });

  it('a model that Bedrock gives no Converse for is not asked by it', async () => {
    const { model } = await importModel({ importedModelName: 'spoken-to' });
    const told = await talk(
      { ...model, instructSupported: false },
      {
        turns: [{ role: 'user', text: 'Hello' }],
        template: { template: TINY_TEMPLATE },
        maxTokens: 5
      }
    );
    expect(told).toMatchObject({
      api: 'InvokeModel (prompt)',
      prompt: '<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n',
      fallbackReason: 'Bedrock reports that Converse is not for the model.'
    });
  });

  it('a failure stays under the cell, and ■ ends the wait', async () => {
    const template = { template: TINY_TEMPLATE };
    const turns = [{ role: 'user' as const, text: 'Hello' }];
    await expect(talk({ modelArn: ARN }, { turns, template })).rejects.toMatchObject({
      code: 'MODEL_NOT_FOUND'
    });
    expect(lines()).toContain('There is no imported model');
    const stop = trial.jupyter.newCell();
    stop();
    await expect(talk({ modelArn: ARN }, { turns, template })).rejects.toMatchObject({
      code: 'CANCELLED'
    });
    trial.jupyter.newCell();
  });
});
