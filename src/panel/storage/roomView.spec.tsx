import { within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';

import { planDiskSpace } from '../../protocol';
import type { DiskReport } from '../../protocol';
import { failing } from '../testing/failing';
import { readSize } from './readSize';
import { ROOT, storageEngine } from './testing/storageFacts';
import { close, open, press, settle, show, shown } from './testing/shownTab';

afterEach(close);

const REPORT: DiskReport = {
  sizeBytes: 61e9,
  requiredBytes: 66.05e9,
  availableBytes: 41.2e9,
  missingBytes: 24.85e9,
  fits: false,
  explanation: '61.00 GB with 5 % and 2 GB to spare need 66.05 GB.',
  folder: `${ROOT}/.cache/huggingface/hub`,
  roomMakers: [
    { id: 'trash', label: 'Trash', path: `${ROOT}/.Trash-1000`, bytes: 23e9 },
    { id: 'cache', label: 'evil<img src=x onerror=alert(1)>/model', path: `${ROOT}/x`, bytes: 5e9 }
  ],
  fitsAfterFreeing: true,
  volume: { neededGb: 107, smallestGb: 5, rules: ['It can only grow.'] },
  steps: [
    {
      text: 'Stop the instance my-notebook.',
      command: 'aws sagemaker stop-notebook-instance --notebook-instance-name my-notebook',
      url: 'https://eu-central-1.console.aws.amazon.com/sagemaker/home'
    },
    { text: 'Start it again.' }
  ]
};

async function ask(text: string): Promise<HTMLElement> {
  const room = await open('Room for a model');
  await userEvent.type(within(room).getByRole('textbox', { name: 'Model or size' }), text);
  await press('Would it fit?');
  return room;
}

describe('room for a model', () => {
  it('is asked for on request, by size, and told with what makes room', async () => {
    await show(storageEngine().on(planDiskSpace, () => REPORT));
    const room = within(await ask('61 GB'));
    expect(shown.engine.sent.at(-1)?.params).toEqual({ sizeBytes: 61e9 });
    expect(room.getByText('It does not fit.')).toBeTruthy();
    expect(room.getByText('Deleting from this makes room for it')).toBeTruthy();
    const makers = within(room.getByRole('list', { name: 'What can be deleted' }));
    expect(makers.getAllByRole('listitem').map(({ textContent }) => textContent)).toEqual([
      `Trash23.00 GB${ROOT}/.Trash-1000`,
      `evil<img src=x onerror=alert(1)>/model5.00 GB${ROOT}/x`
    ]);
    expect(document.querySelector('img')).toBeNull();
    expect(room.getByText('A volume of 107 GB or more has room for it')).toBeTruthy();
    expect(room.getByRole('link').getAttribute('href')).toBe(REPORT.steps[0]?.url);
    expect(room.getByRole('button', { name: /^Copy the command: Stop/ })).toBeTruthy();
  });

  it('is asked for by model, and says when there is enough', async () => {
    const fits = { ...REPORT, fits: true, missingBytes: 0, roomMakers: [], steps: [] };
    await show(storageEngine().on(planDiskSpace, () => fits));
    const room = within(await ask('Qwen/Qwen3-0.6B'));
    expect(shown.engine.sent.at(-1)?.params).toEqual({ model: 'Qwen/Qwen3-0.6B' });
    expect(room.getByText('It fits.')).toBeTruthy();
    expect(room.queryByRole('list')).toBeNull();
  });

  it('can fail in words, and nothing is asked without a wish', async () => {
    await show(storageEngine().on(planDiskSpace, failing('HUB_NOT_FOUND')));
    await open('Room for a model');
    await press('Would it fit?');
    expect(shown.engine.sent.map(({ method }) => method)).not.toContain('disk/plan');
    await open('Room for a model');
    const room = within(await ask('nobody/nothing'));
    await settle();
    expect(room.getByRole('alert').textContent).toContain('Step of HUB_NOT_FOUND.');
  });
});

describe('a size', () => {
  it.each([
    ['61GB', 61e9],
    ['57 GiB', 57 * 2 ** 30],
    ['1.5 tb', 1.5e12],
    ['700M', 7e8]
  ])('is read from %p', (text, bytes) => {
    expect(readSize(text)).toBe(bytes);
  });

  it.each(['org/61GB', '61', 'GB', '-1 GB', 'gpt2', '1e3GB'])('is not %p', text => {
    expect(readSize(text)).toBeUndefined();
  });
});
