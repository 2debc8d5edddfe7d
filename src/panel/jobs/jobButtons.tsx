import { Button, deleteIcon, launchIcon, runIcon, stopIcon } from '@jupyterlab/ui-components';
import type { LabIcon } from '@jupyterlab/ui-components';

import type { JobFact } from '../../protocol';
import { useTrans } from '../components';
import { pauseIcon } from '../icons';
import type { JobsModel } from './jobsModel';
import { actionsFor } from './jobWords';
import type { JobAction } from './jobWords';

export interface JobActions {
  pause: (job: JobFact) => void;
  resume: (job: JobFact) => void;
  cancel: (job: JobFact) => void;
  remove: (job: JobFact) => void;
  open: (job: JobFact) => void;
  ask: (arn: string) => void;
  canAsk: () => boolean;
}

const ICONS: Record<JobAction, LabIcon> = {
  pause: pauseIcon,
  resume: runIcon,
  cancel: stopIcon,
  remove: deleteIcon
};

function nameOf(action: JobAction, trans: ReturnType<typeof useTrans>): string {
  switch (action) {
    case 'pause':
      return trans.__('Pause');
    case 'resume':
      return trans.__('Resume');
    case 'cancel':
      return trans.__('Cancel');
    case 'remove':
      return trans.__('Remove');
  }
}

/** What can be done with a job, each as an icon with its name. */
export function JobButtons(props: {
  job: JobFact;
  model: JobsModel;
  actions: JobActions;
  withOpen?: boolean;
}): JSX.Element {
  const trans = useTrans();
  const { job, model, actions, withOpen = true } = props;
  const pending = model.pendingOf(job.id);
  return (
    <span className="jp-BedrockImport-buttons" role="group" aria-label={trans.__('Actions')}>
      {actionsFor(job.state).map(action => {
        const Icon = ICONS[action];
        const name = trans.__('%1: %2', nameOf(action, trans), job.title);
        return (
          <Button
            key={action}
            minimal
            small
            className="jp-BedrockImport-iconButton"
            title={nameOf(action, trans)}
            aria-label={name}
            aria-disabled={pending !== undefined || !model.isReady}
            onClick={() => {
              if (pending === undefined && model.isReady) {
                actions[action](job);
              }
            }}
          >
            <Icon.react tag="span" />
          </Button>
        );
      })}
      {withOpen && (
        <Button
          minimal
          small
          className="jp-BedrockImport-iconButton"
          title={trans.__('Details')}
          aria-label={trans.__('Details: %1', job.title)}
          onClick={() => actions.open(job)}
        >
          <launchIcon.react tag="span" />
        </Button>
      )}
    </span>
  );
}
