import {
  askImportedModel,
  deleteImportedModel as deleteRequest,
  getImportedModel as getRequest,
  listImportedModels as listRequest
} from '../../protocol';
import type { ImportedModelFact } from '../../protocol';
import { askModel, deleteImportedModel, getImportedModel, listImportedModels } from '../bedrock';
import type { ImportedModel } from '../bedrock';
import type { EngineHost } from './host';
import type { Page } from './page';

export function serveImportedModels(page: Page, host: EngineHost): void {
  page.answerPlain(listRequest, async signal => {
    const { aws } = await host.engine();
    return (await listImportedModels(aws, { signal })).map(toFact);
  });
  page.answer(getRequest, async ({ model }, signal) => {
    const { aws } = await host.engine();
    return toFact(await getImportedModel(aws, model, { signal }));
  });
  page.answer(deleteRequest, async ({ model }, signal) => {
    const { aws } = await host.engine();
    await deleteImportedModel(aws, model, { signal });
    return null;
  });
  page.answer(askImportedModel, async ({ token, model, ...question }, signal) => {
    const { aws } = await host.engine();
    return askModel(aws, model, {
      ...question,
      signal,
      onText: text => page.tellAnswer(token, { type: 'text', text }),
      onReasoning: text => page.tellAnswer(token, { type: 'reasoning', text }),
      onWait: ({ reason, waitedMs, budgetMs }) =>
        page.tellAnswer(token, { type: 'wait', reason, waitedMs, budgetMs })
    });
  });
}

function toFact(model: ImportedModel): ImportedModelFact {
  return {
    arn: model.modelArn,
    name: model.modelName,
    createdAt: model.creationTime?.toISOString(),
    architecture: model.modelArchitecture,
    instructSupported: model.instructSupported,
    jobName: model.jobName,
    s3Uri: model.s3Uri,
    unitsPerCopy: model.customModelUnits?.perModelCopy,
    unitsVersion: model.customModelUnits?.version
  };
}
