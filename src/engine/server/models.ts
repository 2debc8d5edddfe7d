import { inspectModel as inspectRequest, searchModels as searchRequest } from '../../protocol';
import type { DiskFit, ModelFacts } from '../../protocol';
import { planDisk } from '../disk';
import type { Environment } from '../environment';
import { searchModels } from '../hub';
import { inspectModel } from '../model';
import type { ModelInspection } from '../model';
import { openCopySource } from '../transfer';
import type { EngineHost } from './host';
import type { Page } from './page';

export function serveModels(page: Page, host: EngineHost): void {
  page.answer(searchRequest, async ({ query, limit }, signal) => {
    const { hub } = await host.engine();
    return searchModels(hub, query, { limit, signal });
  });
  page.answer(inspectRequest, async ({ model }, signal) => {
    const engine = await host.engine();
    const { files } = await openCopySource(engine, model, { signal });
    const { environment } = engine;
    const inspection = await inspectModel(files, { region: environment.region?.name, signal });
    return toModelFacts(inspection, await diskFor(inspection, environment));
  });
}

async function diskFor(inspection: ModelInspection, environment: Environment): Promise<DiskFit> {
  const {
    usage: _,
    route: __,
    ...fit
  } = await planDisk({
    sizeBytes: inspection.selection.totalBytes,
    path: environment.root,
    environment
  });
  return fit;
}

export function toModelFacts(inspection: ModelInspection, disk: DiskFit): ModelFacts {
  const { model, selection, chatTemplate } = inspection;
  const { effective } = chatTemplate;
  return {
    id: model.id,
    commitSha: model.commitSha,
    revision: model.requestedRevision,
    gated: model.gated,
    private: model.private,
    license: model.license,
    lastModified: model.lastModified?.toISOString(),
    page: model.endpoint === undefined ? undefined : `${model.endpoint}/${model.id}`,
    architecture: inspection.architecture,
    modelType: inspection.modelType,
    dtype: inspection.torchDtype,
    parameters: inspection.parameters,
    contextLength: inspection.contextLength,
    weightsBytes: inspection.weightsBytes,
    totalBytes: selection.totalBytes,
    taken: selection.taken.map(({ path, sizeBytes }) => ({ path, sizeBytes })),
    leftOut: selection.leftOut.map(({ path, sizeBytes, reason }) => ({ path, sizeBytes, reason })),
    checks: inspection.checks,
    chatTemplate:
      effective === undefined ? undefined : { path: effective.path, text: effective.template },
    disk
  };
}
