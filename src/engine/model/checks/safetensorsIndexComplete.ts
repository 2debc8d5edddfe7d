import { GUIDE_SOURCE } from '../awsFacts';
import { indexPathOf, isObject, type JsonObject, type ModelFacts, type ModelCheck } from '../facts';

const NUMBERED = /^(.+)-(\d{5})-of-(\d{5})\.safetensors$/;

/** Every weights file that the index or the numbering promises is in the listing. */
export const safetensorsIndexComplete: ModelCheck = facts => {
  const id = 'safetensors-index-complete';
  const why =
    'A missing part of the weights makes an import fail after everything has been copied.';
  const present = facts.selection.taken
    .map(file => file.path)
    .filter(path => path.endsWith('.safetensors'));
  if (present.length === 0) {
    return undefined;
  }
  const blocker = (found: string): ReturnType<ModelCheck> => ({
    id,
    verdict: 'blocker',
    found,
    why,
    source: GUIDE_SOURCE,
    nextStep: 'Take a revision of the model in which the weights are complete.'
  });
  const indexed = filesOfIndex(facts);
  if (indexed === 'unreadable') {
    return blocker(`${indexPathOf(facts.selection)} does not say which file holds which tensor.`);
  }
  const missing = new Set([...(indexed ?? []), ...numberedFiles(present)]);
  present.forEach(path => missing.delete(path));
  if (missing.size > 0) {
    return blocker(`Missing from the model: ${[...missing].sort().slice(0, 5).join(', ')}.`);
  }
  const warning = (found: string, nextStep: string): ReturnType<ModelCheck> => ({
    id,
    verdict: 'warning',
    found,
    why: 'Loaders find the tensors of several files through the index; what it leaves out is unused or makes them fail.',
    nextStep
  });
  if (indexed === undefined && present.length > 1) {
    return warning(
      `${present.length} weights files and no index.`,
      'Save the model again with transformers, which writes model.safetensors.index.json.'
    );
  }
  const extra = present.filter(path => indexed !== undefined && !indexed.has(path));
  if (extra.length > 0) {
    return warning(
      `Not named in the index: ${extra.join(', ')}.`,
      'Look at the model’s page for what these files are; they are copied, too.'
    );
  }
  const found =
    present.length === 1 ? 'One file holds all weights.' : 'No weights file is missing.';
  return { id, verdict: 'ok', found, why, source: GUIDE_SOURCE };
};

function filesOfIndex(facts: ModelFacts): Set<string> | 'unreadable' | undefined {
  if (indexPathOf(facts.selection) === undefined) {
    return undefined;
  }
  const map = weightMap(facts.index?.json);
  return map === undefined ? 'unreadable' : new Set(Object.values(map).map(String));
}

function weightMap(index: JsonObject | undefined): JsonObject | undefined {
  const map = index?.['weight_map'];
  return isObject(map) ? map : undefined;
}

/** All files of the sets of which one file `…-00001-of-00003.safetensors` is there. */
function numberedFiles(present: readonly string[]): string[] {
  const promised: string[] = [];
  const sets = new Map(
    present.flatMap(path => {
      const [, stem, , total] = NUMBERED.exec(path) ?? [];
      return stem === undefined || total === undefined
        ? []
        : [[`${stem} ${total}`, { stem, total }]];
    })
  );
  for (const { stem, total } of sets.values()) {
    for (let number = 1; number <= Math.min(Number(total), 9999); number += 1) {
      promised.push(`${stem}-${String(number).padStart(5, '0')}-of-${total}.safetensors`);
    }
  }
  return promised;
}
