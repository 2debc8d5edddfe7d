import { createHash } from 'node:crypto';
import {
  getImportedModel,
  getImportJob,
  listImportedModels,
  listImportJobs,
  suggestImportNames
} from '../bedrock';
import type { ImportedModel, ImportJob } from '../bedrock';
import type { AwsClients } from '../aws';
import type { Check } from '../checks';
import { BedrockImportError } from '../errors';
import { AWS_FACTS } from '../model';

export interface WantedImport {
  modelId: string;
  commitSha: string;
  s3Uri: string;
  chatTemplate?: string;
  /** The user's own name for the imported model. */
  importedModelName?: string;
}

export interface ChosenNames {
  names: { jobName: string; importedModelName: string };
  existing?: { job: ImportJob; model?: ImportedModel };
  checks: Check[];
}

/** Longest job name and imported model name (Amazon Bedrock API Reference, "CreateModelImportJob"). */
const MAX_NAME = 63;
const MAX_TRIES = 99;

/** What the names of an import are chosen by. */
export interface WantedNames {
  /** Of the import job; a number is added after failures. */
  jobNameBase: string;
  suggestedModelName: string;
  /** The user's own name for the imported model. */
  importedModelName?: string;
}

/** The names that follow from what is imported. */
export function wantedNames(wanted: WantedImport): WantedNames {
  const suggested = suggestImportNames(wanted.modelId, wanted.commitSha).importedModelName;
  const key = createHash('sha256')
    .update(
      JSON.stringify([wanted.s3Uri, wanted.chatTemplate ?? null, wanted.importedModelName ?? null])
    )
    .digest('hex')
    .slice(0, 8);
  return {
    jobNameBase: `${trimEnd(suggested.slice(0, MAX_NAME - key.length - 4))}-${key}`,
    suggestedModelName: suggested,
    importedModelName: wanted.importedModelName
  };
}

/** A job name of `chooseImportNames` without its number. */
export function jobNameBase(jobName: string): string {
  return /^(.+-[0-9a-f]{8})(?:-\d{1,2})?$/.exec(jobName)?.[1] ?? jobName;
}

/**
 * A job name that follows from what is imported. Bedrock never lets a job name be used again, so the
 * name is what finds an earlier import of the same thing: one that runs is followed, one whose model is
 * still there is reused, and after a failed one the next number is taken.
 */
export async function chooseImportNames(
  aws: AwsClients,
  wanted: WantedNames,
  signal: AbortSignal | undefined
): Promise<ChosenNames> {
  const base = wanted.jobNameBase;
  const { findJob, checks } = await lookAtJobs(aws, base, signal);
  for (let number = 1; number <= MAX_TRIES; number++) {
    const jobName = number === 1 ? base : `${base}-${number}`;
    const job = await findJob(jobName);
    if (job === undefined) {
      const fresh = await freshNames(aws, jobName, wanted, signal);
      return { ...fresh, checks: [...checks, ...fresh.checks] };
    }
    const model = await modelOf(aws, job, signal);
    if (job.status === 'InProgress' || model !== undefined) {
      const importedModelName =
        model?.modelName ?? job.importedModelName ?? wanted.suggestedModelName;
      return {
        names: { jobName, importedModelName },
        existing: { job, ...(model === undefined ? {} : { model }) },
        checks: [
          ...checks,
          {
            id: 'import-names',
            verdict: 'ok',
            found:
              model === undefined
                ? `The import job ${jobName} of the same model is running and will be followed.`
                : `This model was imported before, as ${importedModelName}; it will not be imported again.`,
            why: 'Bedrock keeps one model for each import job and bills the storage of each.'
          }
        ]
      };
    }
  }
  throw new BedrockImportError({
    code: 'IMPORT_NAME_TAKEN',
    message: `${MAX_TRIES} import jobs of this model exist and none left a model.`,
    subject: base,
    nextStep: 'Read the failure messages of the last ones, then import from another prefix.',
    kind: 'blocked'
  });
}

/** What may not be looked at is `undefined`: it must not stop an import that could work. */
async function ifAllowed<T>(look: Promise<T>): Promise<{ seen: T } | undefined> {
  try {
    return { seen: await look };
  } catch (error) {
    if (error instanceof BedrockImportError && error.code === 'ACCESS_DENIED') {
      return undefined;
    }
    throw error;
  }
}

function unseen(action: string, consequence: string): Check {
  return {
    id: `unseen-${action.replace('bedrock:', '').toLowerCase()}`,
    verdict: 'warning',
    found: `${action} is not allowed here.`,
    why: consequence,
    nextStep: `Allow ${action}; "bedrock-import iam policies" prints the policies needed.`
  };
}

/** The jobs of one base name, from the list of all, or asked for one by one where that is denied. */
async function lookAtJobs(
  aws: AwsClients,
  base: string,
  signal: AbortSignal | undefined
): Promise<{ findJob: (name: string) => Promise<ImportJob | undefined>; checks: Check[] }> {
  const listed = await ifAllowed(listImportJobs(aws, { nameContains: base, signal }));
  if (listed !== undefined) {
    const byName = new Map(listed.seen.map(job => [job.jobName, job]));
    return { findJob: async name => byName.get(name), checks: [] };
  }
  const findJob = async (name: string): Promise<ImportJob | undefined> => {
    try {
      return (await ifAllowed(getImportJob(aws, name, { signal })))?.seen;
    } catch (error) {
      if (error instanceof BedrockImportError && error.code === 'IMPORT_JOB_NOT_FOUND') {
        return undefined;
      }
      throw error;
    }
  };
  return {
    findJob,
    checks: [
      unseen(
        'bedrock:ListModelImportJobs',
        'An earlier import of the same model may not be recognised, and another one that runs is not named.'
      )
    ]
  };
}

async function modelOf(
  aws: AwsClients,
  job: ImportJob,
  signal: AbortSignal | undefined
): Promise<ImportedModel | undefined> {
  const identifier = job.importedModelArn ?? job.importedModelName;
  if (job.status !== 'Completed' || identifier === undefined) {
    return undefined;
  }
  try {
    const found = await ifAllowed(getImportedModel(aws, identifier, { signal }));
    if (found !== undefined) {
      // A name may have gone on to the model of another job.
      const { jobArn } = found.seen;
      return jobArn === undefined || jobArn === job.jobArn ? found.seen : undefined;
    }
    return job.importedModelArn === undefined
      ? undefined
      : { modelArn: job.importedModelArn, modelName: job.importedModelName ?? '' };
  } catch (error) {
    if (error instanceof BedrockImportError && error.code === 'MODEL_NOT_FOUND') {
      return undefined;
    }
    throw error;
  }
}

async function freshNames(
  aws: AwsClients,
  jobName: string,
  wanted: WantedNames,
  signal: AbortSignal | undefined
): Promise<ChosenNames> {
  const [listed, running] = await Promise.all([
    ifAllowed(listImportedModels(aws, { signal })),
    ifAllowed(listImportJobs(aws, { status: 'InProgress', signal }))
  ]);
  // The name of a model that is being imported is taken, too, and in no list of models yet.
  const taken = new Set([
    ...(listed?.seen.map(({ modelName }) => modelName) ?? []),
    ...(running?.seen.map(({ importedModelName }) => importedModelName) ?? [])
  ]);
  const checks =
    listed === undefined
      ? [
          unseen(
            'bedrock:ListImportedModels',
            'Whether the name of the model is free shows only when the import starts.'
          )
        ]
      : quotaChecks(listed.seen.length);
  if (wanted.importedModelName !== undefined) {
    const name = wanted.importedModelName;
    return {
      names: { jobName, importedModelName: name },
      checks: [
        ...checks,
        taken.has(name)
          ? {
              id: 'import-names',
              verdict: 'blocker',
              found: `An imported model named ${name} exists.`,
              why: 'Names of imported models are unique within an account and Region.',
              nextStep: 'Choose another --name, or delete that model first.'
            }
          : freeNames(jobName, name)
      ]
    };
  }
  let name = wanted.suggestedModelName;
  for (let number = 2; taken.has(name); number++) {
    name = `${trimEnd(wanted.suggestedModelName.slice(0, MAX_NAME - 4))}-${number}`;
  }
  return {
    names: { jobName, importedModelName: name },
    checks: [...checks, freeNames(jobName, name)]
  };
}

/** The quota can be raised and nobody here may read it, so this is no more than a warning. */
function quotaChecks(models: number): Check[] {
  const { importedModelsQuota } = AWS_FACTS;
  return models < importedModelsQuota
    ? []
    : [
        {
          id: 'imported-models-quota',
          verdict: 'warning',
          found: `${models} imported models exist in this account and Region.`,
          why: `Unless it was raised, the quota is ${importedModelsQuota}, and Bedrock refuses the import after the copy.`,
          source: 'Amazon Bedrock endpoints and quotas, "Imported models per account" (L-45B04988)',
          nextStep:
            'Delete one that is no longer needed ("bedrock-import models list"), or have the quota raised in the Service Quotas console.'
        }
      ];
}

function freeNames(jobName: string, importedModelName: string): Check {
  return {
    id: 'import-names',
    verdict: 'ok',
    found: `Job ${jobName}, imported model ${importedModelName}.`,
    why: 'Job names can never be used again; names of imported models are unique.'
  };
}

function trimEnd(name: string): string {
  return name.replace(/[-_.+]{1,63}$/, '');
}
