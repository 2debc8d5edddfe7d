import type { ModelCheck } from '../facts';
import { architectureSupported } from './architectureSupported';
import { chatTemplatePresent } from './chatTemplatePresent';
import { configReadable } from './configReadable';
import { contextLength } from './contextLength';
import { dataType } from './dataType';
import { gptOssFiles } from './gptOssFiles';
import { licence } from './licence';
import { notAnAdapter } from './notAnAdapter';
import { notAnEmbeddingModel } from './notAnEmbeddingModel';
import { quantised } from './quantised';
import { regionSupported } from './regionSupported';
import { safetensorsIndexComplete } from './safetensorsIndexComplete';
import { sizeLimit } from './sizeLimit';
import { tokenizerClass } from './tokenizerClass';
import { tokenizerPresent } from './tokenizerPresent';
import { weightsInSafetensors } from './weightsInSafetensors';

/** Every check, in the order in which a user reads them. A new one is a new file and a line here. */
export const MODEL_CHECKS: readonly ModelCheck[] = [
  configReadable,
  architectureSupported,
  notAnAdapter,
  notAnEmbeddingModel,
  weightsInSafetensors,
  safetensorsIndexComplete,
  sizeLimit,
  regionSupported,
  dataType,
  quantised,
  contextLength,
  tokenizerPresent,
  tokenizerClass,
  chatTemplatePresent,
  gptOssFiles,
  licence
];
