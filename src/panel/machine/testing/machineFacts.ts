import { getDisk, getIdentity, getMachine, getStorage } from '../../../protocol';
import type { DiskSpace, Identity, Machine, MachineStorage } from '../../../protocol';
import { FakeEngine } from '../../testing/fakeEngine';

export const MACHINE: Machine = {
  host: 'notebook-instance',
  hostLabel: 'SageMaker Notebook Instance',
  name: 'my-instance',
  root: '/home/ec2-user/SageMaker',
  region: { name: 'eu-central-1', source: 'AWS_REGION' },
  customEndpoints: false,
  hasHubToken: true,
  warnings: []
};

export const IDENTITY: Identity = {
  account: '123456789012',
  arn: 'arn:aws:sts::123456789012:assumed-role/Notebook/SageMaker',
  roleArn: 'arn:aws:iam::123456789012:role/Notebook',
  roleName: 'Notebook'
};

export const DISK: DiskSpace = {
  path: '/home/ec2-user/SageMaker',
  fileSystemType: 'ext4',
  totalBytes: 100e9,
  usedBytes: 40e9,
  availableBytes: 55e9,
  reservedBytes: 5e9,
  unlimited: false,
  inodes: { total: 6_553_600, used: 1_000, available: 6_552_600 }
};

export const STORAGE: MachineStorage = {
  trash: {
    folders: [
      { path: '/home/ec2-user/SageMaker/.Trash-1000', items: 3, bytes: 5e8, onRootDisk: true }
    ],
    items: 3,
    bytes: 5e8
  },
  hubCache: {
    path: '/home/ec2-user/SageMaker/hf/hub',
    exists: true,
    bytes: 12e9,
    onRootDisk: true
  },
  unreadable: 0
};

/** An engine that answers everything that the section asks for. */
export function machineEngine(): FakeEngine {
  return new FakeEngine()
    .onQuery(getMachine, () => MACHINE)
    .onQuery(getIdentity, () => IDENTITY)
    .onQuery(getDisk, () => DISK)
    .onQuery(getStorage, () => STORAGE);
}
