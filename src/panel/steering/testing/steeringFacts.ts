import {
  getMachine,
  getSteering,
  planCacheMove,
  startCacheMove,
  steer,
  unsteer
} from '../../../protocol';
import type { CacheMovePlan, EnvironmentFacts, Machine, Steering } from '../../../protocol';
import { FakeEngine } from '../../testing/fakeEngine';
import type { RunningEnvironment } from '../runningEnvironment';

const ROOT = '/home/ec2-user/SageMaker';
const HOME = `${ROOT}/.cache/huggingface`;

/** A Notebook Instance whose tools write to the disk that a stop wipes. */
export const OFF: Steering = {
  on: false,
  needed: true,
  notes: ['Only /home/ec2-user/SageMaker outlasts a stop of this Notebook Instance.'],
  root: ROOT,
  variables: [
    {
      name: 'HF_HOME',
      folderNow: '/home/ec2-user/.cache/huggingface',
      steered: HOME,
      lasts: false,
      change: 'set'
    },
    {
      name: 'TRANSFORMERS_CACHE',
      now: '/tmp/old',
      folderNow: '/tmp/old',
      lasts: false,
      change: 'unset'
    },
    { name: 'TMPDIR', folderNow: '/tmp', steered: `${ROOT}/.tmp`, lasts: false, change: 'set' }
  ],
  cell: `import os\nos.environ["HF_HOME"] = "${HOME}"`,
  lifecycleScript: '#!/bin/bash\nexport HF_HOME=x',
  file: `${ROOT}/.bedrock-import/steering.json`
};

export const ON: Steering = {
  ...OFF,
  on: true,
  needed: false,
  variables: [
    { name: 'HF_HOME', now: HOME, folderNow: HOME, steered: HOME, lasts: true, change: 'none' },
    {
      name: 'TMPDIR',
      now: `${ROOT}/.tmp`,
      folderNow: `${ROOT}/.tmp`,
      steered: `${ROOT}/.tmp`,
      lasts: true,
      change: 'none'
    }
  ]
};

/** A Studio space: the home is the volume already. */
export const NOT_NEEDED: Steering = {
  ...OFF,
  needed: false,
  notes: ['The home of a space is its volume already.'],
  variables: [
    {
      name: 'HF_HOME',
      folderNow: '/home/sagemaker-user/.cache/huggingface',
      lasts: true,
      change: 'none'
    }
  ],
  lifecycleScript: undefined
};

export const RUNNING: EnvironmentFacts = {
  server: { HF_HOME: HOME, TMPDIR: "/it's" },
  kernels: [
    {
      id: 'new',
      name: 'python3',
      path: 'new.ipynb',
      variables: { HF_HOME: HOME, TMPDIR: "/it's" },
      outdated: false
    },
    { id: 'odd', name: 'odd', variables: null, outdated: null },
    { id: 'old', name: 'python3', path: 'old.ipynb', variables: { TMPDIR: '/tmp' }, outdated: true }
  ],
  terminals: [{ name: '1', variables: {}, outdated: true }]
};

export const MOVE: CacheMovePlan = {
  from: '/home/ec2-user/.cache/huggingface/hub',
  to: `${HOME}/hub`,
  bytes: 12e9,
  files: 1_234,
  sameDisk: false,
  availableBytes: 50e9,
  fits: true,
  notes: ['Kernels that run keep using the old place.']
};

const MACHINE: Machine = {
  host: 'notebook-instance',
  hostLabel: 'SageMaker Notebook Instance',
  name: 'my-instance',
  root: ROOT,
  customEndpoints: false,
  hasHubToken: true,
  warnings: []
};

/** What the server half says; a test changes it. */
export class FakeEnvironment implements RunningEnvironment {
  asked = 0;
  answer: () => EnvironmentFacts = () => RUNNING;

  async read(): Promise<EnvironmentFacts> {
    this.asked += 1;
    return this.answer();
  }
}

/** An engine that steers, and says so from then on. */
export function steeringEngine(first: Steering = OFF): FakeEngine {
  let now = first;
  return new FakeEngine()
    .onQuery(getMachine, () => MACHINE)
    .onQuery(getSteering, () => now)
    .onQuery(steer, () => (now = ON))
    .onQuery(unsteer, () => (now = OFF))
    .on(planCacheMove, () => MOVE)
    .on(startCacheMove, () => ({ jobId: 'move-cache' }));
}
