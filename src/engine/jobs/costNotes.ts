/**
 * What an import and its model cost, in words (Amazon Bedrock Pricing, "Custom Model Import", and Amazon
 * Bedrock User Guide, "Calculate the cost of running a custom model", as read on 2026-11-22). Rates differ
 * by Region and model, so no amount is named here.
 */
export const COST_NOTES: readonly string[] = [
  'The import itself is free.',
  'Answers are billed in windows of 5 minutes for each active copy of the model, from its first answer on; a copy that nobody asks for 5 minutes is put away.',
  'While the imported model exists, its storage is billed by the month for each custom model unit; deleting the model ends that.',
  'The objects in S3 are billed as S3 storage; Bedrock does not need them after the import.'
];
