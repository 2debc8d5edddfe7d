import type { CacheMovePlan, JobState } from '../../protocol';
import { Facts, FailureNote, formatBytes, formatCount, useTrans } from '../components';
import { ButtonRow } from './buttonRow';
import type { SteeringActions } from './steeringView';
import type { SteeringModel } from './steeringModel';

/** Moving what is in the hub cache already: first what it would do, then the job. */
export function CacheMove(props: { model: SteeringModel; actions: SteeringActions }): JSX.Element {
  const trans = useTrans();
  const { model, actions } = props;
  const { movePlan, moveJob, pending } = model;
  const failure = model.failureOf('plan', 'move');
  const blocked = pending !== undefined || !model.isReady;
  return (
    <section>
      <h3>{trans.__('What is in the hub cache already')}</h3>
      <p>
        {trans.__(
          'Models that were downloaded before stay where they are, and are downloaded again at the new place unless they are moved there.'
        )}
      </p>
      {movePlan !== undefined && <Plan plan={movePlan} />}
      {failure !== undefined && <FailureNote failure={failure} />}
      {moveJob !== undefined && <p role="status">{moveText(model.moveState, trans)}</p>}
      <ButtonRow>
        {movePlan === undefined ? (
          <button
            type="button"
            className="jp-mod-styled"
            aria-disabled={blocked}
            onClick={() => !blocked && actions.planMove()}
          >
            {pending === 'plan'
              ? trans.__('Looking at the cache …')
              : trans.__('See what moving it does')}
          </button>
        ) : (
          <>
            <button
              type="button"
              className="jp-mod-styled jp-mod-accept"
              aria-disabled={!movePlan.fits || blocked}
              onClick={() => movePlan.fits && !blocked && actions.move()}
            >
              {trans.__('Move the cache …')}
            </button>
            <button type="button" className="jp-mod-styled" onClick={() => model.forgetMove()}>
              {trans.__('Not now')}
            </button>
          </>
        )}
        {moveJob !== undefined && (
          <button type="button" className="jp-mod-styled" onClick={() => actions.openJob(moveJob)}>
            {trans.__('Show the job')}
          </button>
        )}
      </ButtonRow>
    </section>
  );
}

function Plan({ plan }: { plan: CacheMovePlan }): JSX.Element {
  const trans = useTrans();
  const { availableBytes, bytes, files, fits, from, notes, sameDisk, to } = plan;
  return (
    <div role="status">
      <Facts
        facts={[
          [trans.__('From'), <code key="from">{from}</code>],
          [trans.__('To'), <code key="to">{to}</code>],
          [
            trans.__('Size'),
            trans._n(
              '%2 in %1 file',
              '%2 in %3 files',
              files,
              formatBytes(bytes),
              formatCount(files)
            )
          ],
          [
            trans.__('Room'),
            sameDisk
              ? trans.__('none needed: both are on one disk')
              : fits
                ? trans.__('fits: %1 available', formatBytes(availableBytes))
                : trans.__('does not fit: %1 available', formatBytes(availableBytes))
          ]
        ]}
      />
      {notes.map(note => (
        <p key={note}>{note}</p>
      ))}
    </div>
  );
}

function moveText(state: JobState | undefined, trans: ReturnType<typeof useTrans>): string {
  switch (state) {
    case 'done':
      return trans.__('The cache has been moved.');
    case 'failed':
    case 'cancelled':
    case 'interrupted':
    case 'paused':
    case 'unreadable':
      return trans.__('The job that moves the cache does not go on; nothing is lost.');
    case 'running':
    case 'waiting':
    case undefined:
      return trans.__('The cache is moved by a job, which goes on by itself.');
  }
}
