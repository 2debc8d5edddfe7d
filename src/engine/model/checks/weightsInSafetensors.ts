import { formatBytes } from '../../disk';
import { GUIDE_SOURCE } from '../awsFacts';
import type { ModelCheck } from '../facts';

const OTHER_FORMATS: ReadonlyArray<[RegExp, string]> = [
  [/\.bin$/, 'PyTorch .bin'],
  [/\.(pth|pt|ckpt)$/, 'PyTorch .pth'],
  [/\.gguf$/i, 'GGUF'],
  [/\.h5$/, 'TensorFlow .h5'],
  [/\.msgpack$/, 'Flax .msgpack'],
  [/\.onnx$/, 'ONNX']
];

/** Weights in safetensors files in the top folder. */
export const weightsInSafetensors: ModelCheck = ({ selection, weightsBytes }) => {
  const id = 'weights-in-safetensors';
  const why =
    'An import reads weights from .safetensors files in the top folder, from nothing else.';
  const count = selection.taken.filter(file => file.path.endsWith('.safetensors')).length;
  if (count > 0) {
    const files = count === 1 ? '1 safetensors file' : `${count} safetensors files`;
    return {
      id,
      verdict: 'ok',
      found: `${files}, ${formatBytes(weightsBytes)}.`,
      why,
      source: GUIDE_SOURCE
    };
  }
  const paths = selection.leftOut.map(file => file.path);
  const elsewhere = paths.find(path => path.endsWith('.safetensors'));
  const formats = OTHER_FORMATS.filter(([pattern]) => paths.some(path => pattern.test(path)));
  let found = 'The model has no weights.';
  if (elsewhere !== undefined) {
    found = `No weights that an import can read; the only safetensors files are such as ${elsewhere}.`;
  } else if (formats.length > 0) {
    found = `Weights only as ${formats.map(([, name]) => name).join(', ')}.`;
  }
  return {
    id,
    verdict: 'blocker',
    found,
    why,
    source: GUIDE_SOURCE,
    nextStep:
      'Look for a revision or a copy of the model with model*.safetensors, or convert it with transformers: AutoModelForCausalLM.from_pretrained(…).save_pretrained(FOLDER).'
  };
};
