import { readFile, stat } from 'node:fs/promises';
import type { CopyPlan } from '../../transfer';
import { toCommandError, usageError } from '../exitCodes';
import type { CommandIo } from '../io';
import { readPlan } from './readPlan';
import { Shape, ShapeError } from './shape';

/** The plan of a model with 100,000 files stays under this. */
const MAX_BYTES = 128 * 2 ** 20;

/** Where a plan may be carried out; one that was made for elsewhere is refused. */
export interface PlanPlace {
  hubEndpoint: string;
  region: string | undefined;
}

/**
 * The plan of `--plan FILE`, `-` being standard input: what `copy --plan-only --json` printed, or the
 * plan in it. It comes from outside, so everything in it is checked.
 *
 * @throws BedrockImportError `PLAN_FILE_MISSING` and `PLAN_INVALID` (both usage)
 */
export async function readPlanFile(io: CommandIo, file: string): Promise<CopyPlan> {
  const subject = file === '-' ? 'standard input' : file;
  const bytes = file === '-' ? await io.readStdin(MAX_BYTES) : await readBytes(file);
  return parsePlan(bytes, subject);
}

export function parsePlan(bytes: Uint8Array, subject: string): CopyPlan {
  try {
    if (bytes.length > MAX_BYTES) {
      throw new ShapeError('the document is larger than 128 MiB');
    }
    const document = new Shape(readJson(bytes));
    const plan = document.field('plan');
    return readPlan(plan.isThere ? new Shape(plan.value) : document);
  } catch (error) {
    if (error instanceof ShapeError) {
      throw invalid(error.message, subject);
    }
    throw error;
  }
}

/**
 * A plan names the hub that the user's token would be sent to, and the Region of its bucket: both must
 * be those that are set here.
 *
 * @throws BedrockImportError `PLAN_INVALID`
 */
export function requirePlace(plan: CopyPlan, place: PlanPlace, subject: string): void {
  const { source, destination } = plan;
  if (source.kind === 'hub' && source.endpoint !== place.hubEndpoint) {
    throw invalid(
      `the plan is for the hub ${source.endpoint}, and ${place.hubEndpoint} is set here (HF_ENDPOINT)`,
      subject
    );
  }
  if (place.region !== undefined && destination.region !== place.region) {
    throw invalid(
      `the plan is for ${destination.region}, and ${place.region} is set here (--region)`,
      subject
    );
  }
}

function readJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new ShapeError('the document is not JSON in UTF-8');
  }
}

async function readBytes(file: string): Promise<Uint8Array> {
  try {
    const facts = await stat(file);
    if (facts.size > MAX_BYTES) {
      throw new ShapeError('the document is larger than 128 MiB');
    }
    return await readFile(file);
  } catch (error) {
    if (error instanceof ShapeError) {
      throw invalid(error.message, file);
    }
    throw usageError({
      code: 'PLAN_FILE_MISSING',
      message: `The file of --plan cannot be read: ${toCommandError(error).message}`,
      subject: file,
      nextStep: 'Make it with "bedrock-import copy … --plan-only --json > plan.json".'
    });
  }
}

function invalid(what: string, subject: string) {
  return usageError({
    code: 'PLAN_INVALID',
    message: `This plan cannot be carried out: ${what}.`,
    subject,
    nextStep: 'Make the plan anew with "bedrock-import copy … --plan-only --json > plan.json".'
  });
}
