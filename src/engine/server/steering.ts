import { getSteering, steer, unsteer } from '../../protocol';
import { getSteering as look, steer as switchOn, unsteer as switchOff } from '../steering';
import type { EngineHost } from './host';
import type { Page } from './page';

export function serveSteering(page: Page, host: EngineHost): void {
  page.answerPlain(getSteering, async () => look(await host.steeringPlace()));
  page.answerPlain(steer, async () => {
    const facts = await switchOn(await host.steeringPlace());
    await host.steeringChanged();
    return facts;
  });
  page.answerPlain(unsteer, async () => {
    const facts = await switchOff(await host.steeringPlace());
    await host.steeringChanged();
    return facts;
  });
}
