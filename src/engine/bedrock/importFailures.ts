interface KnownFailure {
  /** Words of Bedrock's failureMessage, lower case; one of them is enough. */
  words: readonly string[];
  nextStep: string;
}

/**
 * What to do about words seen in failure messages. Gathered 2026-11-22 from public reports; Bedrock
 * does not document its messages, so the first that fits is a hint and the message stays verbatim.
 */
const KNOWN_FAILURES: readonly KnownFailure[] = [
  {
    words: ['kms'],
    nextStep:
      'Allow the role to decrypt with the KMS key of the bucket (kms:Decrypt), and import again.'
  },
  {
    words: ['access denied', 'accessdenied', 'not authorized', 'permission', 'assume'],
    nextStep:
      'Give the role s3:GetObject and s3:ListBucket on the bucket and its trust policy ("bedrock-import iam policies" prints both), and import again under a new job name.'
  },
  {
    words: ['architecture', 'model type', 'model_type', 'not a supported model'],
    nextStep:
      'Choose a model of a supported architecture; "bedrock-import inspect" lists them with their date.'
  },
  {
    words: ['tokenizer'],
    nextStep:
      'Check that tokenizer.json and tokenizer_config.json were copied and that tokenizer_class is one that Bedrock knows.'
  },
  {
    words: ['config.json'],
    nextStep:
      'Check that config.json stands directly in the imported prefix, beside the weights, and is valid JSON.'
  },
  {
    words: ['safetensors', 'shard', 'tensor', 'weights'],
    nextStep:
      'Run the copy again: it proves every file by SHA-256 and replaces those that differ; then import under a new job name.'
  },
  {
    words: ['quantiz', 'dtype', 'data type', 'precision'],
    nextStep: 'Use weights in FP32, FP16 or BF16.'
  },
  {
    words: ['too large', 'exceeds', 'size limit', 'maximum size'],
    nextStep: 'Use a smaller model: weights must be under 200 GB (text) or 100 GB (multimodal).'
  },
  {
    words: ['internal', 'try again', 'unexpected'],
    nextStep: 'Import again under a new job name; the copy in S3 is kept.'
  }
];

export function nextStepForFailure(failureMessage: string): string {
  const text = failureMessage.toLowerCase();
  const known = KNOWN_FAILURES.find(({ words }) => words.some(word => text.includes(word)));
  return (
    known?.nextStep ??
    'Correct what the message names and import again under a new job name; the copy in S3 is kept.'
  );
}
