import type { ReactNode } from 'react';

import type { Failure, Identity, Machine } from '../../protocol';
import { CopyButton, Facts, FailureNote, formatBytes, formatCount, useTrans } from '../components';
import { DiskBar, DiskLegend } from './diskBar';
import type { MachineModel } from './machineModel';
import { findWarnings } from './warnings';
import type { MachineWarning, WarningAction } from './warnings';

/** What leads from the section to other features. */
export interface MachineActions {
  /** Whether there is such a command: a feature can be switched off. */
  has(command: string): boolean;
  run(action: WarningAction): void;
}

/** The section: the disk first, because that is what changes. */
export function MachineBody(props: { model: MachineModel; actions: MachineActions }): JSX.Element {
  const { model, actions } = props;
  const trans = useTrans();
  const { machine, disk, storage } = model;
  if (machine.state.status === 'none' && disk.state.status === 'none') {
    return (
      <p className="jp-BedrockImport-quiet">{trans.__('Shown as soon as the engine answers.')}</p>
    );
  }
  const warnings = findWarnings(
    { machine: machine.value, disk: disk.value, storage: storage.value },
    trans
  );
  return (
    <>
      <Host machine={machine.value} />
      <Disk model={model}>
        <Warnings
          label={trans.__('What to do about the disk')}
          warnings={warnings.filter(({ urgent }) => urgent)}
          actions={actions}
        />
      </Disk>
      <Warnings
        label={trans.__('What to do')}
        warnings={warnings.filter(({ urgent }) => !urgent)}
        actions={actions}
      />
      {machine.state.status === 'failed' && <FailureNote failure={machine.state.failure} />}
      {machine.value !== undefined && <MachineFactList machine={machine.value} model={model} />}
    </>
  );
}

function Host({ machine }: { machine: Machine | undefined }): JSX.Element {
  return (
    <p className="jp-BedrockImport-host">
      {machine?.name !== undefined && <strong>{machine.name}</strong>}
      <span className={machine?.name === undefined ? '' : 'jp-BedrockImport-quiet'}>
        {machine?.hostLabel ?? '…'}
      </span>
    </p>
  );
}

/** The bar, what is urgent about it, and then what it is made up of. */
function Disk(props: { model: MachineModel; children: ReactNode }): JSX.Element | null {
  const trans = useTrans();
  const { model, children } = props;
  const { disk, storage } = model;
  if (disk.state.status === 'failed' && disk.value === undefined) {
    return <FailureNote failure={disk.state.failure} />;
  }
  const space = disk.value;
  const unreadable = storage.value?.unreadable ?? 0;
  return (
    <div className="jp-BedrockImport-disk">
      <div className="jp-BedrockImport-diskTitle">
        <h3>{trans.__('Disk')}</h3>
        <span title={space?.fileSystemType}>
          {space === undefined
            ? '…'
            : space.unlimited
              ? trans.__('elastic, without a size limit')
              : trans.__(
                  '%1 of %2 available',
                  formatBytes(space.availableBytes),
                  formatBytes(space.totalBytes)
                )}
        </span>
      </div>
      {space?.unlimited !== true && <DiskBar disk={space} storage={storage.value} />}
      {children}
      <DiskLegend
        disk={space}
        storage={storage.value}
        measuring={storage.state.status !== 'failed'}
      />
      {disk.state.status === 'failed' && <ShortFailure failure={disk.state.failure} />}
      {storage.state.status === 'failed' && <ShortFailure failure={storage.state.failure} />}
      {unreadable > 0 && (
        <p className="jp-BedrockImport-quiet jp-BedrockImport-diskNote">
          {trans._n(
            '%1 file or folder could not be looked at and is not counted in hub cache and trash.',
            '%2 files or folders could not be looked at and are not counted in hub cache and trash.',
            unreadable,
            formatCount(unreadable)
          )}
        </p>
      )}
    </div>
  );
}

function Warnings(props: {
  label: string;
  warnings: readonly MachineWarning[];
  actions: MachineActions;
}): JSX.Element | null {
  const { label, warnings, actions } = props;
  return warnings.length === 0 ? null : (
    <ul className="jp-BedrockImport-checks jp-BedrockImport-warnings" aria-label={label}>
      {warnings.map(warning => (
        <Warning key={warning.id} warning={warning} actions={actions} />
      ))}
    </ul>
  );
}

function Warning(props: { warning: MachineWarning; actions: MachineActions }): JSX.Element {
  const trans = useTrans();
  const { warning, actions } = props;
  const { action, id, found, nextStep, paths = [] } = warning;
  return (
    <li className="jp-BedrockImport-check jp-mod-warning" data-warning={id}>
      <span className="jp-BedrockImport-verdict">{trans.__('Warning')}</span>
      <div>
        <p>{found}</p>
        {nextStep !== undefined && <p>{nextStep}</p>}
        {paths.map(path => (
          <div key={path} className="jp-BedrockImport-withButton">
            <code>{path}</code>
            <CopyButton text={path} label={trans.__('Copy the path')} />
          </div>
        ))}
        {action !== undefined && actions.has(action.command) && (
          <button type="button" className="jp-mod-styled" onClick={() => actions.run(action)}>
            {action.label}
          </button>
        )}
      </div>
    </li>
  );
}

function MachineFactList(props: { machine: Machine; model: MachineModel }): JSX.Element {
  const trans = useTrans();
  const { machine, model } = props;
  const { domainId, region, root, userProfileName } = machine;
  return (
    <Facts
      facts={[
        [
          trans.__('Region'),
          region === undefined ? (
            trans.__('none')
          ) : (
            <>
              {region.name} <Quiet>({region.source})</Quiet>
            </>
          )
        ],
        [trans.__('Identity'), <Credentials key="identity" model={model} machine={machine} />],
        [trans.__('Account'), accountOf(model)],
        [trans.__('User profile'), userProfileName],
        [trans.__('Domain'), domainId],
        [trans.__('Files'), <code key="root">{root}</code>],
        [
          trans.__('Hub token'),
          machine.hasHubToken ? (
            trans.__('found')
          ) : (
            <>
              {trans.__('none')} <Quiet>{trans.__('(only gated models need one)')}</Quiet>
            </>
          )
        ],
        [trans.__('Endpoints'), endpointNotes(machine, trans)]
      ]}
    />
  );
}

/** Where requests go that do not go to the official services. */
function endpointNotes(
  { awsEndpoints = [], customEndpoints, hubEndpoint }: Machine,
  trans: ReturnType<typeof useTrans>
): ReactNode {
  const notes = awsEndpoints.map(({ service, url }) =>
    service === 'AWS' ? trans.__('Not AWS: %1', url) : trans.__('Not AWS: %1 for %2', url, service)
  );
  if (hubEndpoint !== undefined) {
    notes.push(trans.__('Not the official hub: %1', hubEndpoint));
  }
  if (notes.length === 0) {
    return customEndpoints ? trans.__('Not all are the official ones') : undefined;
  }
  return notes.map(note => (
    <span key={note} className="jp-BedrockImport-line">
      {note}
    </span>
  ));
}

/** Whose credentials they are. Asking takes a request to AWS, for which nothing else waits. */
function Credentials(props: { model: MachineModel; machine: Machine }): JSX.Element {
  const trans = useTrans();
  const { state, value } = props.model.identity;
  if (state.status === 'failed') {
    const { failure } = state;
    return failure.code === 'REGION_MISSING' ? (
      <Quiet>{trans.__('asked for when a Region is set')}</Quiet>
    ) : (
      <ShortFailure failure={failure} />
    );
  }
  return (
    <div className="jp-BedrockImport-withButton">
      {value === undefined ? (
        <Quiet>…</Quiet>
      ) : (
        <>
          <span title={value.arn}>{nameOf(value)}</span>
          <CopyButton text={value.arn} label={trans.__('Copy the ARN')} />
        </>
      )}
    </div>
  );
}

/** Nothing where it cannot be known: why not, stands beside the identity. */
function accountOf({ identity: { state, value } }: MachineModel): ReactNode {
  return state.status === 'failed' ? undefined : (value?.account ?? <Quiet>…</Quiet>);
}

function nameOf({ arn, roleName }: Identity): string {
  return roleName ?? arn.split('/').at(-1) ?? arn;
}

/** A part that is missing, while all the others are there. */
function ShortFailure({ failure }: { failure: Failure }): JSX.Element {
  return (
    <div className="jp-BedrockImport-shortFailure" data-code={failure.code}>
      <p>{failure.message}</p>
      {failure.nextStep !== '' && <p className="jp-BedrockImport-quiet">{failure.nextStep}</p>}
    </div>
  );
}

function Quiet({ children }: { children: ReactNode }): JSX.Element {
  return <span className="jp-BedrockImport-quiet">{children}</span>;
}
