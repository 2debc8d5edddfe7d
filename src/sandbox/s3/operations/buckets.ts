import { RefusedError } from '../../sigv4';

import { isBucketName, requireBucket } from '../access';
import { receiveDocument } from '../receiveBody';
import { xmlResponse, type S3Operation } from '../s3Request';
import { parseXml } from '../xml';

export const listBuckets: S3Operation = ({ store, state, query }) => {
  const prefix = query.get('prefix') ?? '';
  return xmlResponse('ListAllMyBucketsResult', {
    Owner: { ID: state.account },
    Buckets: {
      Bucket: store
        .buckets()
        .filter(bucket => bucket.owner === state.account && bucket.name.startsWith(prefix))
        .map(bucket => ({
          Name: bucket.name,
          CreationDate: bucket.createdAt,
          BucketRegion: bucket.region
        }))
    }
  });
};

export const createBucket: S3Operation = async request => {
  const { store, state, bucket: name } = request;
  const body = request.request.body === null ? new Uint8Array() : await receiveDocument(request);
  const asked =
    body.length === 0
      ? undefined
      : parseXml(body, 'CreateBucketConfiguration').text('LocationConstraint');
  if (!isBucketName(name)) {
    throw new RefusedError(400, 'InvalidBucketName', 'The specified bucket is not valid.', {
      BucketName: name
    });
  }
  // The first region is meant by naming none; its own name is not in the service model's list.
  if (
    asked !== undefined &&
    (asked === 'us-east-1' || !/^([a-z]{2}(-[a-z]+)+-\d|EU)$/.test(asked))
  ) {
    throw new RefusedError(
      400,
      'InvalidLocationConstraint',
      'The specified location-constraint is not valid',
      { LocationConstraint: asked }
    );
  }
  const region = asked === 'EU' ? 'eu-west-1' : (asked ?? 'us-east-1');
  // Only the first region's endpoint creates buckets for other regions too.
  if (state.region !== 'us-east-1' && region !== state.region) {
    throw new RefusedError(
      400,
      'IllegalLocationConstraintException',
      `The ${asked ?? 'unspecified'} location constraint is incompatible for the region specific endpoint this request was sent to.`
    );
  }
  const existing = store.bucket(name);
  if (existing !== undefined && existing.owner !== state.account) {
    throw new RefusedError(
      409,
      'BucketAlreadyExists',
      'The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.',
      { BucketName: name }
    );
  }
  if (existing !== undefined && (region !== 'us-east-1' || existing.region !== region)) {
    throw new RefusedError(
      409,
      'BucketAlreadyOwnedByYou',
      'Your previous request to create the named bucket succeeded and you already own it.',
      { BucketName: name }
    );
  }
  if (existing === undefined) {
    store.createBucket({
      name,
      region,
      owner: state.account,
      createdAt: state.now().toISOString()
    });
  }
  return new Response(null, { headers: { location: `/${name}` } });
};

export const headBucket: S3Operation = request => {
  const bucket = requireBucket(request, 's3:ListBucket');
  return new Response(null, {
    headers: { 'x-amz-bucket-region': bucket.region, 'x-amz-access-point-alias': 'false' }
  });
};

export const getBucketLocation: S3Operation = request => {
  const { region } = requireBucket(request, 's3:GetBucketLocation');
  const text = region === 'us-east-1' ? '' : region;
  return new Response(
    `<?xml version="1.0" encoding="UTF-8"?>\n<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${text}</LocationConstraint>`,
    { headers: { 'content-type': 'application/xml' } }
  );
};

export const getBucketVersioning: S3Operation = request => {
  requireBucket(request, 's3:GetBucketVersioning');
  return xmlResponse('VersioningConfiguration', {});
};

export const deleteBucket: S3Operation = request => {
  const { name } = requireBucket(request, 's3:DeleteBucket');
  if (request.store.keys(name).length > 0) {
    throw new RefusedError(409, 'BucketNotEmpty', 'The bucket you tried to delete is not empty', {
      BucketName: name
    });
  }
  request.store.deleteBucket(name);
  return new Response(null, { status: 204 });
};
