import process from 'node:process';

import { detectEnvironment, getSteering, steer } from '../../engine';
import type { SteeringFacts } from '../../engine';
import { badge, displayedAs, note, points, stack, table } from '../display';
import type { Displayed, View } from '../display';

/**
 * Where the tools on this machine keep caches and temporary files, whether that lasts, and where they would
 * better be. Changes nothing.
 *
 * @throws BedrockImportError `STEERING_UNREADABLE`, `STEERING_TOO_NEW`
 */
export async function lookAtCaches(): Promise<SteeringFacts & Displayed> {
  const environment = await detectEnvironment();
  const facts = await getSteering({ environment, env: process.env });
  return displayedAs(facts, () => cachesView(facts));
}

/**
 * Leads the caches of new kernels and terminals to the disk that lasts. Moves and deletes no file, and does
 * nothing where all lies well already.
 *
 * @throws BedrockImportError those of `steer`
 */
export async function steerCaches(): Promise<SteeringFacts & Displayed> {
  const environment = await detectEnvironment();
  const facts = await steer({ environment, env: process.env });
  return displayedAs(facts, () => cachesView(facts));
}

function cachesView({ variables, notes, on, needed }: SteeringFacts): View {
  return stack(
    table(
      variables.map(({ name, folderNow, lasts, change, steered }) => [
        name,
        folderNow,
        lasts ? badge('yes', 'ok') : badge('no', 'warning'),
        change === 'none' ? 'stays' : change === 'unset' ? 'no longer set' : steered
      ]),
      { head: ['Variable', 'Tools write to', 'On the disk that lasts', 'With steering'] }
    ),
    note(
      needed
        ? 'Steering would lead something to a better place.'
        : on
          ? 'Steering is on, and all lies well.'
          : 'All lies well: nothing has to be steered.',
      { tone: needed ? 'warning' : 'ok' }
    ),
    points(notes)
  );
}
