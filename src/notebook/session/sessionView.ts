import { heading, keyValues, note, points, stack } from '../display';
import type { View } from '../display';
import type { NotebookSession } from './connect';

/** Where a notebook's cells run, and as whom. */
export function sessionView(session: NotebookSession): View {
  const { environment, identity, where } = session;
  const { region, endpoints } = environment;
  const isSandbox = where === 'sandbox';
  return stack(
    heading(isSandbox ? 'Connected to the sandbox' : 'Connected to AWS'),
    note(
      isSandbox
        ? 'Hub, S3, Bedrock and IAM are stood in for on this machine. Nothing here costs anything.'
        : 'Cells that cost something say so before they do it.',
      { tone: 'faint' }
    ),
    keyValues([
      [
        'Machine',
        environment.name ? `${environment.hostLabel} (${environment.name})` : environment.hostLabel
      ],
      ['Account', identity && `${identity.account} as ${identity.arn}`],
      ['Region', region && `${region.name} (${region.source})`],
      ['Model', session.model],
      ['Bucket', session.bucket ?? 'none yet'],
      ['Import role', session.roleArn ?? 'none yet'],
      ['Jobs are kept in', environment.stateDirectory],
      ['Hub', endpoints.custom ? endpoints.hub : undefined]
    ]),
    environment.warnings.length > 0 && points(environment.warnings)
  );
}
