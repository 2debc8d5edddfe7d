import fc from 'fast-check';

import { largestSizeFor, planVolume, requiredBytesFor, volumeGbFor } from '.';
import type { DiskUsage } from '.';

const usage: DiskUsage = {
  path: '/home/ec2-user/SageMaker',
  fileSystemType: 'ext4',
  totalBytes: 100e9,
  usedBytes: 40e9,
  availableBytes: 55e9,
  reservedBytes: 5e9,
  unlimited: false
};
const region = { name: 'eu-west-1', source: 'AWS_REGION' };
const content = fc.integer({ min: 0, max: 16_000e9 });
const share = fc.double({ min: 0, max: 0.5, noNaN: true });

/** What a shell makes of the JSON in a command. */
function jsonIn(command: string): unknown {
  return JSON.parse(/'(\{.*\})'/.exec(command)?.[1] ?? '');
}

describe('volumeGbFor', () => {
  it('is a whole number of GB that holds more than the content, and grows with it', () => {
    fc.assert(
      fc.property(content, fc.nat(1e12), share, (bytes, more, reserve) => {
        const gb = volumeGbFor(bytes, reserve);
        expect(Number.isInteger(gb)).toBe(true);
        expect(gb * 2 ** 30 * (1 - reserve) * (1 - 1 / 64)).toBeGreaterThan(bytes);
        expect(volumeGbFor(bytes + more, reserve)).toBeGreaterThanOrEqual(gb);
        expect(volumeGbFor(bytes, 0)).toBeLessThanOrEqual(gb);
      })
    );
  });

  it('wastes no more than 5 % and 2 GB beside the reserve', () => {
    fc.assert(
      fc.property(content, share, (bytes, reserve) => {
        const most = (bytes / (1 - reserve)) * 1.05 + 2 * 2 ** 30;
        expect(volumeGbFor(bytes, reserve) * 2 ** 30).toBeLessThanOrEqual(most);
      })
    );
  });
});

describe('largestSizeFor', () => {
  it('is the largest that fits, to the byte', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2e9, max: 8e15 }), available => {
        const size = largestSizeFor(available);
        expect(requiredBytesFor(size)).toBeLessThanOrEqual(available);
        expect(requiredBytesFor(size + 1)).toBeGreaterThan(available);
      })
    );
    expect([0, -5, 1.9e9, 2e9].map(largestSizeFor)).toEqual([0, 0, 0, 0]);
  });
});

describe('the plan of a volume', () => {
  it('names the Notebook Instance in every call and page', () => {
    const plan = planVolume(61e9, usage, {
      host: 'notebook-instance',
      name: 'my-notebook',
      region
    });
    expect(plan).toMatchObject({ neededGb: 107, smallestGb: 5, largestGb: 16_384 });
    expect(plan.problem).toBeUndefined();
    expect(plan.rules.join(' ')).toMatch(/only grow/);
    expect(plan.steps.map(({ command }) => command)).toEqual([
      'aws sagemaker stop-notebook-instance --notebook-instance-name my-notebook --region eu-west-1',
      'aws sagemaker wait notebook-instance-stopped --notebook-instance-name my-notebook --region eu-west-1',
      'aws sagemaker update-notebook-instance --notebook-instance-name my-notebook --volume-size-in-gb 107 --region eu-west-1',
      'aws sagemaker wait notebook-instance-stopped --notebook-instance-name my-notebook --region eu-west-1 && aws sagemaker start-notebook-instance --notebook-instance-name my-notebook --region eu-west-1'
    ]);
    expect(plan.steps[0]?.url).toBe(
      'https://eu-west-1.console.aws.amazon.com/sagemaker/home?region=eu-west-1#/notebook-instances/my-notebook'
    );
    expect(JSON.stringify(plan.steps)).not.toMatch(/<|undefined/);
  });

  it('raises the limit of a Studio domain first where it is too low', () => {
    const host = { host: 'studio-space', name: 'my space', domainId: 'd-abc123', region } as const;
    const plan = planVolume(61e9, usage, host);
    const [limit = '', stop, size = ''] = plan.steps.map(({ command }) => command);
    expect(limit).toMatch(
      /^aws sagemaker update-domain --domain-id d-abc123 --default-user-settings/
    );
    expect(jsonIn(limit)).toEqual({
      SpaceStorageSettings: {
        DefaultEbsStorageSettings: { DefaultEbsVolumeSizeInGb: 5, MaximumEbsVolumeSizeInGb: 107 }
      }
    });
    expect(plan.steps[0]?.url).toMatch(/#\/studio\/d-abc123$/);
    expect(stop).toBe(
      "aws sagemaker delete-app --domain-id d-abc123 --space-name 'my space' --app-type JupyterLab --app-name default --region eu-west-1"
    );
    expect(jsonIn(size)).toEqual({
      SpaceStorageSettings: { EbsStorageSettings: { EbsVolumeSizeInGb: 107 } }
    });
    expect(plan.rules.join(' ')).toMatch(/100 GB unless.*6 hours/);
    const small = planVolume(10e9, { ...usage, usedBytes: 1e9 }, host);
    expect(small.neededGb).toBeLessThan(100);
    expect(JSON.stringify(small.steps)).not.toContain('update-domain');
  });

  it('leaves a Unified Studio project to its administrator', () => {
    const { steps } = planVolume(61e9, usage, { host: 'unified-studio', name: 'default' });
    expect(steps.map(({ text }) => text).join(' ')).toMatch(/administrator.*Configure.*107 GB/);
    expect(steps.some(({ command }) => command !== undefined)).toBe(false);
  });

  it('shows what the host does not tell, and quotes what a shell would read', () => {
    const { steps } = planVolume(1, usage, { host: 'notebook-instance' });
    expect(steps[0]?.command).toBe(
      "aws sagemaker stop-notebook-instance --notebook-instance-name '<name of the instance>'"
    );
    expect(steps[0]?.url).toBeUndefined();
    const odd = planVolume(1, usage, { host: 'notebook-instance', name: "a'; rm -rf ~", region });
    expect(odd.steps[0]?.command).toContain(`'a'\\''; rm -rf ~'`);
    expect(odd.steps[0]?.url).toMatch(/#\/notebook-instances\/a'%3B%20rm%20-rf%20~$/);
  });

  it.each([
    ['cn-north-1', 'https://console.amazonaws.cn/'],
    ['us-gov-west-1', 'https://console.amazonaws-us-gov.com/']
  ])('has the console of %s', (name, start) => {
    const { steps } = planVolume(1, usage, {
      host: 'notebook-instance',
      name: 'x',
      region: { name, source: '' }
    });
    expect(steps[0]?.url?.startsWith(start)).toBe(true);
  });

  it('says when no volume is large enough', () => {
    const plan = planVolume(20e12, usage, { host: 'studio-space', name: 'x', region });
    expect(plan.problem).toMatch(/at most 16384 GB/);
    expect(plan.steps.map(({ text }) => text).join(' ')).toMatch(/stream from the hub to S3/);
  });

  it('is never smaller than the host gives, and points elsewhere outside of SageMaker', () => {
    const little = { ...usage, usedBytes: 0, reservedBytes: 0 };
    expect(planVolume(0, little, { host: 'notebook-instance' }).neededGb).toBe(5);
    const plain = planVolume(0, little, { host: 'plain-jupyter' });
    expect(plain.largestGb).toBeUndefined();
    expect(plain.steps[0]?.text).toMatch(/--path/);
  });

  it('expects the usual reserve of a full disk, which shows none', () => {
    const full = { ...usage, usedBytes: 100e9, availableBytes: 0, reservedBytes: 0 };
    const without = { ...usage, usedBytes: 100e9, availableBytes: 1, reservedBytes: 0 };
    const host = { host: 'notebook-instance' } as const;
    expect(planVolume(1e9, full, host).neededGb).toBeGreaterThan(
      planVolume(1e9, without, host).neededGb
    );
  });
});
