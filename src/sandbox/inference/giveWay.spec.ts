import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

import { giveWay } from './giveWay';

const REQUESTS = 10;

/** Keeps the thread as a step of a model does. */
function step(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end) {
    // Works.
  }
}

it('lets requests through between few steps', async () => {
  const server = createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  let answered = 0;
  const others = (async () => {
    for (; answered < REQUESTS; answered++) {
      const outgoing = get({ port, host: '127.0.0.1', agent: false });
      const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
      response.resume();
    }
  })();
  let steps = 0;
  while (answered < REQUESTS) {
    step(5);
    steps++;
    await giveWay(5);
  }
  await others;
  server.close();
  // With one turn of the event loop for each step, a request takes three or four steps.
  expect(steps).toBeLessThan(2.5 * REQUESTS);
});

it('goes on after its share when there is always other work', async () => {
  let isOver = false;
  const other = (async () => {
    while (!isOver) {
      step(10);
      await new Promise(resolve => setImmediate(resolve));
    }
  })();
  await giveWay(30);
  isOver = true;
  await other;
});
