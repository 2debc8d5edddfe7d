const { TestEnvironment } = require('jest-environment-jsdom');

/** What browsers have and jsdom lacks, from Node. */
const MISSING = [
  'fetch',
  'Request',
  'Response',
  'Headers',
  'TextEncoder',
  'TextDecoder',
  'ReadableStream',
  'WritableStream',
  'TransformStream',
  'structuredClone'
];

class BrowserEnvironment extends TestEnvironment {
  async setup() {
    await super.setup();
    for (const name of MISSING) {
      this.global[name] ??= globalThis[name];
    }
    // jsdom's own have neither `any` nor `throwIfAborted`.
    this.global.AbortController = globalThis.AbortController;
    this.global.AbortSignal = globalThis.AbortSignal;
  }
}

module.exports = BrowserEnvironment;
