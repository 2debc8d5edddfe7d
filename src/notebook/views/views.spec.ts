import { importRoleTrustPolicy, planDisk } from '../../engine';
import type {
  Check,
  CopyPlan,
  DiskPlan,
  FileProof,
  ImportReview,
  JobSummary,
  ModelInspection
} from '../../engine';
import { DISPLAY } from '../display';
import type { View } from '../display';
import { requireBothForms, requireOwnMarkup } from '../display/testing/recordedJupyter';
import {
  checksTable,
  conversationView,
  costView,
  diskPicture,
  filesTable,
  jobsView,
  modelsTable,
  modelView,
  planTable,
  policyView,
  proofsTable,
  reviewView
} from '.';
import { wasShown } from './reviewView';

/** As a name, a message or a text from the hub or from AWS may be. */
const TEXT = '"><img src=x onerror=alert(1)>';

const CHECKS: Check[] = [
  { id: 'fine', verdict: 'ok', found: `Fine ${TEXT}`, why: 'Not shown' },
  {
    id: 'bad',
    verdict: 'blocker',
    found: `Bad ${TEXT}`,
    why: `Why ${TEXT}`,
    source: `A page ${TEXT}`,
    nextStep: `Do ${TEXT}`
  },
  { id: 'odd', verdict: 'warning', found: 'Odd', why: 'Because', nextStep: 'Look' }
];

const PLAN: CopyPlan = {
  version: 1,
  source: { kind: 'hub', endpoint: 'https://hub.test', modelId: TEXT, commitSha: 'c'.repeat(40) },
  destination: { bucket: 'bucket', prefix: `${TEXT}/`, region: 'us-east-1' },
  files: [
    {
      path: TEXT,
      key: TEXT,
      sizeBytes: 5e9,
      action: 'copy',
      method: 'multipart',
      partSizeBytes: 1e9,
      partCount: 5
    }
  ],
  leftOut: [{ path: TEXT, sizeBytes: 1, reason: TEXT }],
  rewrites: [{ path: TEXT, before: '', after: '', summary: TEXT }],
  totalBytes: 5e9,
  bytesToMove: 5e9,
  alreadyThere: 0,
  conflicts: [{ key: TEXT, sizeBytes: 1, kind: 'would-overwrite', why: TEXT }],
  checks: CHECKS
};

const INSPECTION: ModelInspection = {
  model: { id: TEXT, files: [], license: TEXT, commitSha: 'c'.repeat(40) },
  selection: {
    taken: [{ path: TEXT, sizeBytes: 1 }],
    leftOut: PLAN.leftOut,
    totalBytes: 1
  },
  architecture: TEXT,
  weightsBytes: 1,
  checks: CHECKS,
  chatTemplate: { places: [], problems: [] },
  texts: {}
};

const POLICY = importRoleTrustPolicy({
  account: '123456789012',
  region: 'us-east-1',
  bucket: 'bucket'
});

const REVIEW: ImportReview = {
  inspection: INSPECTION,
  plan: PLAN,
  identity: { account: '123456789012', arn: TEXT, partition: 'aws' },
  role: { action: 'create', roleName: TEXT, policies: { trust: POLICY, permissions: POLICY } },
  names: { jobName: TEXT, importedModelName: TEXT },
  s3Uri: TEXT,
  existing: { job: { jobArn: TEXT, jobName: TEXT, status: 'Completed' } },
  checks: CHECKS,
  costNotes: [TEXT]
};

const PROOF: FileProof = {
  path: TEXT,
  key: TEXT,
  sizeBytes: 1,
  sha256: 'a1'.repeat(32),
  provedBy: 's3-copy-checksum',
  etag: '"e"',
  rewritten: true
};

const JOB: JobSummary = {
  id: 'import-x-12345678',
  kind: 'import',
  title: TEXT,
  state: 'failed',
  createdAt: '2026-11-28T10:00:00.000Z',
  updatedAt: '2026-11-28T10:00:00.000Z',
  source: TEXT,
  destination: TEXT,
  error: { code: 'X', message: TEXT, nextStep: TEXT, kind: 'failed' }
};

const MODEL = { modelArn: TEXT, modelName: TEXT, modelArchitecture: TEXT };

const VIEWS: ReadonlyArray<[string, () => View]> = [
  ['checks', () => checksTable(CHECKS)],
  ['a conversation', () => conversationView([{ role: TEXT, content: TEXT }])],
  ['costs', () => costView(REVIEW, { modelName: TEXT, customModelUnits: { version: TEXT } })],
  ['files', () => filesTable(INSPECTION)],
  ['jobs', () => jobsView([JOB])],
  ['models', () => modelsTable([MODEL])],
  ['a model', () => modelView(MODEL)],
  ['a plan', () => planTable(PLAN)],
  ['a policy', () => policyView({ [TEXT]: [TEXT, 1, true, null, -2.5e3] })],
  ['proofs', () => proofsTable([PROOF])],
  ['a review', () => reviewView(REVIEW)]
];

describe.each(VIEWS)('the view of %s', (_, make) => {
  it('says the same in plain text, and text from elsewhere stays text', () => {
    const bundle = make()[DISPLAY]();
    requireBothForms([bundle]);
    requireOwnMarkup(String(bundle['text/html']));
    expect(bundle['text/plain']).toMatch(/<img src=x onerror=alert\(1\)>/);
    expect(bundle['text/html']).toMatch(/&lt;img src=x onerror=alert\(1\)&gt;/);
  });
});

describe('checks', () => {
  it('stand the worst first, with reason and next step where something is to be done', () => {
    const { text } = checksTable(CHECKS);
    const at = (word: string): number => text.indexOf(word);
    expect([at('Bad'), at('Odd'), at('Fine')].every(index => index >= 0)).toBe(true);
    expect(at('Bad')).toBeLessThan(at('Odd'));
    expect(at('Odd')).toBeLessThan(at('Fine'));
    expect(text).toContain('Next step: Look');
    expect(text).not.toContain('Not shown');
    expect(text).toContain('3 checks: 1 ok, 1 warning, 1 blocker.');
    expect(checksTable([]).text).toBe('No checks.');
  });
});

describe('a policy', () => {
  it('is its JSON, and nothing is lost between the colours', () => {
    const view = policyView(POLICY);
    expect(JSON.parse(view.text)).toEqual(POLICY);
    const shown = view.html
      .toString()
      .replace(/<[^>]*>/g, '')
      .replaceAll('&quot;', '"');
    expect(shown).toBe(view.text);
    expect(view.html.toString()).toContain('property-color');
  });
});

describe('proofs', () => {
  it('tell the whole SHA-256 and how it was established', () => {
    const { text } = proofsTable([PROOF]);
    expect(text).toContain('a1'.repeat(32));
    expect(text).toContain('S3 computed it of the whole object (rewritten on the way)');
    expect(proofsTable([]).text).toContain('No file is proved yet.');
  });
});

describe('a review', () => {
  it('counts as seen once it has been shown', () => {
    const review = { ...REVIEW };
    expect(wasShown(review)).toBe(false);
    reviewView(review);
    expect(wasShown(review)).toBe(true);
  });

  it('says what is created and what it costs', () => {
    const { text } = reviewView(REVIEW);
    expect(text).toContain('(will be created)');
    expect(text).toContain('sts:AssumeRole');
    expect(text).toContain('What it costs');
    expect(text).toContain('it is used instead of a new one');
  });
});

describe('jobs', () => {
  it('tell how long ago something happened', () => {
    const now = Date.parse(JOB.updatedAt);
    expect(jobsView([JOB], now + 5_000).text).toContain('5 s ago');
    expect(jobsView([JOB], now + 7_200_000).text).toContain('2 h ago');
    expect(jobsView([]).text).toBe('There are no jobs.');
  });
});

describe('the picture of a disk', () => {
  /** Widths of its bars by what they stand for. */
  function bars(disk: DiskPlan | DiskPlan['usage']): Record<string, { x: number; width: number }> {
    const { svg } = diskPicture(disk);
    const found = [
      ...String(svg).matchAll(/<rect x="([\d.]+)"[^>]*width="([\d.]+)"[^>]*><title>(\w+)/g)
    ];
    return Object.fromEntries(
      found.map(([, x = '', width = '', word = '']) => [
        word,
        { x: Number(x), width: Number(width) }
      ])
    );
  }

  const usage: DiskPlan['usage'] = {
    path: TEXT,
    totalBytes: 100e9,
    usedBytes: 40e9,
    availableBytes: 50e9,
    reservedBytes: 10e9,
    unlimited: false
  };
  const plan: DiskPlan = {
    sizeBytes: 61e9,
    requiredBytes: 66.05e9,
    availableBytes: 50e9,
    fits: false,
    missingBytes: 16.05e9,
    route: 'stream',
    usage,
    explanation: TEXT,
    advice: [],
    nextSteps: []
  };

  it('has the shares of used, reserved, available and needed to scale', () => {
    const { Used, Reserved, Available, Model, Margin } = bars(plan);
    const scale = 640 / 116.05;
    expect(Used).toEqual({ x: 0, width: expect.closeTo(40 * scale, 0) });
    expect(Reserved).toEqual({
      x: expect.closeTo(40 * scale, 0),
      width: expect.closeTo(10 * scale, 0)
    });
    expect(Available?.width).toBeCloseTo(100 * scale, 0);
    expect(Model).toEqual({
      x: expect.closeTo(50 * scale, 0),
      width: expect.closeTo(61 * scale, 0)
    });
    expect(Margin?.width).toBeCloseTo(5.05 * scale, 0);
    // What is needed reaches past the end of the disk.
    expect((Margin?.x ?? 0) + (Margin?.width ?? 0)).toBeCloseTo(640, 0);
    expect(bars(usage)).not.toHaveProperty('Model');
  });

  it('is SVG, markup and words', () => {
    const bundle = diskPicture(plan)[DISPLAY]();
    expect(bundle['image/svg+xml']).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(bundle['text/plain']).toContain('66.05 GB (size × 1.05 + 2 GB)');
    expect(bundle['text/plain']).toContain('16.05 GB');
    requireOwnMarkup(String(bundle['text/html']));
    requireOwnMarkup(String(bundle['image/svg+xml']));
  });

  it('is left out where the file system grows by itself', () => {
    const view = diskPicture({ ...usage, unlimited: true });
    expect(view.svg).toBeUndefined();
    expect(view.text).toContain('elastic, grows as needed');
  });

  it('can be made of this very disk', async () => {
    const view = diskPicture(await planDisk({ sizeBytes: 1, path: process.cwd() }));
    expect(view.text).toContain('2.00 GB (size × 1.05 + 2 GB)');
  });
});
