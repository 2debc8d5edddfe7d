import { createHash } from 'node:crypto';

import { BedrockImportError, inspectModel, openCopySource, readChatTemplates } from '../../engine';
import type { CopyPlan } from '../../engine';
import {
  badge,
  displayedAs,
  heading,
  html,
  note,
  stack,
  STYLES,
  table,
  View,
  withCellSignal
} from '../display';
import type { Displayed } from '../display';
import { currentSession } from '../session';
import { readObject } from '../transfer/readObject';

/** One file on the hub and in S3, both read anew. */
export interface ComparedFile {
  path: string;
  hub: FileFacts;
  s3: FileFacts;
  /** Whether the hub's file is still what the plan of the copy was made of. */
  hubUnchanged: boolean;
}

export interface FileFacts {
  sizeBytes: number;
  /** Hex. */
  sha256: string;
  /** The chat template in it. */
  template?: string;
}

/**
 * Reads a file that was rewritten on its way from both sides: the hub's stays as it was.
 *
 * @param path - @default the first file that the plan rewrites
 * @throws BedrockImportError `CELL_ORDER` before `connect()`, `NOT_REWRITTEN` (usage), and those of hub and AWS
 */
export async function compareWithHub(
  plan: CopyPlan,
  path = plan.rewrites[0]?.path,
  options: { signal?: AbortSignal } = {}
): Promise<ComparedFile & Displayed> {
  const { context } = currentSession();
  const signal = withCellSignal(options.signal);
  const rewrite = plan.rewrites.find(found => found.path === path);
  const file = plan.files.find(found => found.path === path);
  if (path === undefined || rewrite === undefined || file === undefined) {
    throw new BedrockImportError({
      code: 'NOT_REWRITTEN',
      message: `The copy does not rewrite ${path ?? 'any file'}.`,
      subject: plan.source.modelId,
      nextStep: 'Give planCopyToS3() a { chatTemplate }.',
      kind: 'usage'
    });
  }
  const { files } = await openCopySource(context, plan.source.modelId, { signal });
  const { texts } = await inspectModel(files, { region: context.aws.region, signal });
  const hub = texts[path] ?? '';
  const pieces: Uint8Array[] = [];
  for await (const piece of readObject(plan.destination.bucket, file.key, signal)) {
    pieces.push(piece);
  }
  const compared: ComparedFile = {
    path,
    hub: factsOf(path, hub),
    s3: factsOf(path, Buffer.concat(pieces).toString('utf8')),
    hubUnchanged: hub === rewrite.before
  };
  return displayedAs(compared, () => comparisonView(compared));
}

function factsOf(path: string, text: string): FileFacts {
  const template = readChatTemplates({ [path]: text }).effective?.template;
  return {
    sizeBytes: Buffer.byteLength(text),
    sha256: createHash('sha256').update(text).digest('hex'),
    ...(template === undefined ? {} : { template })
  };
}

function comparisonView({ path, hub, s3, hubUnchanged }: ComparedFile): View {
  const row = (where: string, { sizeBytes, sha256, template = '' }: FileFacts) => [
    where,
    sizeBytes,
    inCode(`${sha256.slice(0, 16)}…`, sha256),
    inCode(template.slice(0, 60), template.slice(0, 60))
  ];
  return stack(
    heading(path),
    table([row('On the hub', hub), row('In S3', s3)], {
      head: ['', 'Bytes', 'SHA-256', 'Its chat template begins with'],
      columns: ['left', 'right', 'left', 'left']
    }),
    hubUnchanged
      ? stack(badge('The file on the hub is what it was.', 'ok'))
      : note('The file on the hub has changed since the copy was planned.', { tone: 'warning' })
  );
}

function inCode(shown: string, text: string): View {
  return new View(html`<code style="${STYLES.inlineCode}">${shown}</code>`, text);
}
