import { CheckList, FailureNote, useTrans } from '../components';
import { Destination } from './destination';
import { ModelFiles } from './fileList';
import { FoundModel } from './foundModel';
import type { ImportForm } from './importForm';
import { ModelField } from './modelField';
import { Review } from './review';
import { Route } from './route';
import { Start } from './start';
import { Template } from './template';

export interface FormActions {
  createBucket: () => void;
  start: () => void;
  showJob: (id: string) => void;
}

/** The whole way from a model's name to Start, one below the other. */
export function Form({ form, actions }: { form: ImportForm; actions: FormActions }): JSX.Element {
  return (
    <div className="jp-BedrockImport-form">
      <div className="jp-BedrockImport-formModel">
        <ModelField form={form} />
        <Found form={form} />
      </div>
      <div className="jp-BedrockImport-formPlan">
        <Destination form={form} onCreateBucket={actions.createBucket} />
        <Plan form={form} />
        <Start form={form} onStart={actions.start} onShowJob={actions.showJob} />
      </div>
    </div>
  );
}

/** What was found of the model. */
function Found({ form }: { form: ImportForm }): JSX.Element | null {
  const trans = useTrans();
  const { state } = form.facts;
  if (state.status === 'failed') {
    return <FailureNote failure={state.failure} />;
  }
  if (state.value === undefined) {
    return state.status === 'loading' ? (
      <p className="jp-BedrockImport-quiet" role="status">
        {trans.__('Looking at the model …')}
      </p>
    ) : null;
  }
  return (
    <div aria-busy={state.status === 'loading'}>
      <FoundModel facts={state.value} />
      <Checks form={form} />
      <ModelFiles facts={state.value} />
      <Route form={form} />
      <Template form={form} />
    </div>
  );
}

/** Those of the review say more, once it is there. */
function Checks({ form }: { form: ImportForm }): JSX.Element {
  const checks = form.currentReview?.checks ?? form.facts.value?.checks ?? [];
  return <CheckList checks={checks} />;
}

function Plan({ form }: { form: ImportForm }): JSX.Element | null {
  const { state } = form.review;
  if (form.facts.value === undefined) {
    return null;
  }
  if (state.status === 'failed') {
    return <FailureNote failure={state.failure} />;
  }
  return state.value === undefined ? null : <Review form={form} review={state.value} />;
}
