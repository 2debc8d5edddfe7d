export {
  createAwsClients,
  SLOW_S3_REQUEST,
  type AwsClients,
  type AwsClientsOptions
} from './clients';
export {
  readServiceFailure,
  toAwsError,
  type AwsErrorContext,
  type ServiceFailure
} from './awsErrors';
export {
  describeBucket,
  isBucketName,
  type BucketDescription,
  type DescribeBucketOptions
} from './bucket';
export { createBucket, listBuckets } from './buckets';
export {
  classifyConnectionFailure,
  ConnectionError,
  connectionFailureText,
  isErrorLike,
  type ConnectionFailure
} from './connection';
export { endpointFromVariables, type ServiceVariable, type Variables } from './endpoints';
export { withoutSecrets } from './secrets';
export { backoffMs, systemClock, type Clock } from '../waiting';
