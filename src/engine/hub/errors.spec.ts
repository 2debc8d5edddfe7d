import { requestedWaitMs } from '../waiting';
import { toHubError } from './errors';
import { withoutSecrets } from './secrets';
import { failureOf } from './testing/failureOf';

it.each([
  [{ 'retry-after': '7' }, 7000],
  [{ 'retry-after': 'Fri, 02 Jan 2026 03:04:15 GMT' }, 10_000],
  [{ 'retry-after': 'Fri, 02 Jan 2026 03:00:00 GMT' }, 0],
  [{ ratelimit: '"api";r=0;t=123' }, 123_000],
  [{ 'retry-after': 'later', ratelimit: '"api";r=0;t=5' }, 5000],
  [{ ratelimit: 'nonsense' }, undefined],
  [{}, undefined]
])('waits as %j says', (headers, expected) => {
  const now = Date.parse('2026-01-02T03:04:05Z');
  expect(requestedWaitMs(new Headers(headers), now)).toBe(expected);
});

it('takes secrets out of any text', () => {
  const text =
    'error for (https://jo:pw@cdn.example/a/b?X-Amz-Signature=SIG&x=1): Bearer abc.def\n\u001b[31m hf_abcdefgh own-token';
  expect(withoutSecrets(text, ['own-token', undefined])).toBe(
    'error for (https://cdn.example/a/b): Bearer … [31m hf_… …'
  );
  expect(withoutSecrets('x'.repeat(1000))).toHaveLength(300);
});

describe('toHubError', () => {
  const context = { subject: 'org/name' };
  const typed = (error: unknown) => failureOf(Promise.reject(toHubError(error, context)));

  it("cleans what a runtime's fetch rejects with", async () => {
    const cause = Object.assign(new Error('connect to https://cdn/x?Signature=SIGNED-SECRET'), {
      code: 'ECONNRESET'
    });
    const error = await typed(new TypeError('fetch failed', { cause }));
    expect(error.code).toBe('HUB_UNREACHABLE');
    expect(error.message).toContain('ECONNRESET');
  });

  it.each([
    ['ENOTFOUND', 'HF_ENDPOINT'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'SSL_CERT_FILE']
  ])('helps with %s', async (code, step) => {
    const error = await typed(Object.assign(new Error('no'), { code }));
    expect(error.nextStep).toContain(step);
  });

  it('takes a refusal as it came', async () => {
    const gated = new Response(null, { status: 401, headers: { 'X-Error-Code': 'GatedRepo' } });
    expect((await typed(gated)).code).toBe('HUB_GATED');
    expect((await typed(new Response('x', { status: 500 }))).code).toBe('HUB_UNREACHABLE');
  });

  it('keeps a cancellation a cancellation', async () => {
    expect((await typed(new DOMException('stopped', 'AbortError'))).kind).toBe('cancelled');
    const error = toHubError(new Error('x'), { ...context, signal: AbortSignal.abort() });
    expect(error.kind).toBe('cancelled');
  });

  it('makes something of anything', async () => {
    for (const thrown of [undefined, null, 'text', 7, {}]) {
      expect((await typed(thrown)).code).toBe('HUB_UNREACHABLE');
    }
  });
});
