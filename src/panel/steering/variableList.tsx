import type { SteeredVariable } from '../../protocol';
import { useTrans } from '../components';

/** Each variable: where tools write now, what changes, and whether that place lasts. */
export function VariableList({
  variables
}: {
  variables: readonly SteeredVariable[];
}): JSX.Element {
  const trans = useTrans();
  return (
    <ul className="jp-BedrockImport-variables" aria-label={trans.__('Variables')}>
      {variables.map(variable => (
        <Variable key={variable.name} variable={variable} />
      ))}
    </ul>
  );
}

function Variable({ variable }: { variable: SteeredVariable }): JSX.Element {
  const trans = useTrans();
  const { change, folderNow, lasts, name, now, steered } = variable;
  return (
    <li className={`jp-mod-${change}`} data-variable={name}>
      <div className="jp-BedrockImport-variableHead">
        <code>{name}</code>
        <span className="jp-BedrockImport-quiet">{usedFor(name, trans)}</span>
      </div>
      <dl className="jp-BedrockImport-variablePlaces">
        <div>
          <dt>{trans.__('Now')}</dt>
          <dd>
            <code>{folderNow}</code>{' '}
            <span className={`jp-BedrockImport-lasting jp-mod-${lasts ? 'lasts' : 'lost'}`}>
              {lasts ? trans.__('lasts') : trans.__('does not last')}
            </span>
            {now === undefined && (
              <span className="jp-BedrockImport-quiet"> {trans.__('by default')}</span>
            )}
          </dd>
        </div>
        {change !== 'none' && (
          <div>
            <dt>{trans.__('Then')}</dt>
            <dd>
              {steered === undefined ? (
                trans.__('is unset, so that the others count')
              ) : (
                <code>{steered}</code>
              )}
            </dd>
          </div>
        )}
      </dl>
    </li>
  );
}

/** What a variable is for; nothing for one that is not known here. */
function usedFor(name: string, trans: ReturnType<typeof useTrans>): string {
  switch (name) {
    case 'HF_HOME':
      return trans.__('all that tools of the hub keep');
    case 'HF_HUB_CACHE':
    case 'HUGGINGFACE_HUB_CACHE':
      return trans.__('models and datasets of the hub');
    case 'HF_XET_CACHE':
      return trans.__('pieces of downloads');
    case 'HF_ASSETS_CACHE':
      return trans.__('what libraries make of downloads');
    case 'HF_TOKEN_PATH':
      return trans.__('the hub login');
    case 'TRANSFORMERS_CACHE':
      return trans.__('deprecated; overrides the others');
    case 'TMPDIR':
      return trans.__('temporary files');
    default:
      return '';
  }
}
