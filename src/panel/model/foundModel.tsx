import type { ModelFacts } from '../../protocol';
import {
  Facts,
  formatBytes,
  formatCount,
  formatParameters,
  formatTime,
  useTrans
} from '../components';

function gatedText(facts: ModelFacts, trans: ReturnType<typeof useTrans>): string | undefined {
  switch (facts.gated) {
    case 'auto':
      return trans.__('Gated: its terms have to be accepted on its page');
    case 'manual':
      return trans.__('Gated: its owner has to grant access');
    case false:
      return facts.private === true ? trans.__('Private') : trans.__('Open to all');
    default:
      return undefined;
  }
}

/** What the model is, before anything is copied. */
export function FoundModel({ facts }: { facts: ModelFacts }): JSX.Element {
  const trans = useTrans();
  const { page, commitSha, revision } = facts;
  return (
    <Facts
      facts={[
        [
          trans.__('Found'),
          page === undefined ? (
            facts.id
          ) : (
            <a href={page} target="_blank" rel="noopener noreferrer">
              {facts.id}
            </a>
          )
        ],
        [trans.__('Size'), formatBytes(facts.totalBytes)],
        [
          trans.__('Parameters'),
          facts.parameters === undefined ? undefined : formatParameters(facts.parameters)
        ],
        [trans.__('Data type'), facts.dtype],
        [trans.__('Architecture'), facts.architecture ?? facts.modelType],
        [
          trans.__('Context'),
          facts.contextLength === undefined
            ? undefined
            : trans.__('%1 tokens', formatCount(facts.contextLength))
        ],
        [trans.__('Licence'), facts.license],
        [trans.__('Access'), gatedText(facts, trans)],
        [
          trans.__('Revision'),
          commitSha === undefined ? undefined : (
            <span title={commitSha}>
              {revision === undefined || revision === commitSha
                ? commitSha.slice(0, 12)
                : trans.__('%1 (%2)', revision, commitSha.slice(0, 12))}
            </span>
          )
        ],
        [
          trans.__('Changed'),
          facts.lastModified === undefined ? undefined : formatTime(facts.lastModified)
        ]
      ]}
    />
  );
}
