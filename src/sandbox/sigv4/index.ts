export { decodeAwsChunked, type ChunkSigning } from './awsChunked';
export {
  decodePlus,
  readRawTarget,
  sha256Hex,
  uriEncode,
  type RawTarget
} from './canonicalRequest';
export {
  escapeXml,
  RefusedError,
  renderJsonRefusal,
  renderQueryRefusal,
  renderS3Refusal,
  type AwsRefusal
} from './refusal';
export {
  EXPIRED_CREDENTIALS,
  readVerified,
  verifySigV4,
  type KnownCredentials,
  type VerifiedRequest,
  type VerifyOptions
} from './verify';
