import { RefusedError } from '../../sigv4';

import { requireObject } from '../access';
import { receiveDocument } from '../receiveBody';
import { xmlResponse, type S3Operation } from '../s3Request';
import { malformedXml, parseXml } from '../xml';

const ATTRIBUTES = ['ETag', 'Checksum', 'ObjectParts', 'StorageClass', 'ObjectSize'];
const MAX_PARTS = 1000;
const MAX_TAGS = 10;

export const getObjectAttributes: S3Operation = request => {
  const object = requireObject(request);
  const { headers } = request;
  const asked = (headers.get('x-amz-object-attributes') ?? '')
    .split(',')
    .map(name => name.trim())
    .filter(name => name !== '');
  if (asked.length === 0 || asked.some(name => !ATTRIBUTES.includes(name))) {
    throw new RefusedError(400, 'InvalidArgument', 'Invalid attribute name specified.', {
      ArgumentName: 'x-amz-object-attributes'
    });
  }
  const { checksum, parts } = object;
  const marker = Number(headers.get('x-amz-part-number-marker') ?? 0);
  const maxParts = Math.min(MAX_PARTS, Number(headers.get('x-amz-max-parts') ?? MAX_PARTS));
  // S3 lists single parts only for objects with a composite checksum; else it gives their number.
  const rest = checksum?.type === 'COMPOSITE' ? (parts ?? []).slice(marker) : [];
  const page = rest.slice(0, maxParts);
  const objectParts = parts && {
    PartsCount: parts.length,
    ...(checksum?.type === 'COMPOSITE'
      ? {
          PartNumberMarker: marker,
          NextPartNumberMarker: marker + page.length,
          MaxParts: maxParts,
          IsTruncated: rest.length > page.length,
          Part: page.map((part, index) => ({
            PartNumber: marker + index + 1,
            Size: part.sizeBytes,
            [`Checksum${checksum.algorithm}`]: part.checksum
          }))
        }
      : {})
  };
  const has = (name: string) => asked.includes(name);
  return xmlResponse(
    'GetObjectAttributesResponse',
    {
      ETag: has('ETag') ? object.etag : undefined,
      Checksum:
        has('Checksum') && checksum !== undefined
          ? { [`Checksum${checksum.algorithm}`]: checksum.value, ChecksumType: checksum.type }
          : undefined,
      ObjectParts: has('ObjectParts') ? objectParts : undefined,
      StorageClass: has('StorageClass') ? object.storageClass : undefined,
      ObjectSize: has('ObjectSize') ? object.sizeBytes : undefined
    },
    { 'last-modified': new Date(object.lastModified).toUTCString() }
  );
};

export const getObjectTagging: S3Operation = request => {
  const object = requireObject(request, 's3:GetObjectTagging');
  return xmlResponse('Tagging', {
    TagSet: { Tag: object.tags.map(([Key, Value]) => ({ Key, Value })) }
  });
};

export const putObjectTagging: S3Operation = async request => {
  requireObject(request, 's3:PutObjectTagging');
  const tags = (
    parseXml(await receiveDocument(request), 'Tagging')
      .child('TagSet')
      ?.children('Tag') ?? []
  ).map((tag): [string, string] => {
    const key = tag.text('Key');
    const value = tag.text('Value');
    if (key === undefined || value === undefined) {
      throw malformedXml();
    }
    return [key, value];
  });
  if (tags.length > MAX_TAGS) {
    throw new RefusedError(400, 'BadRequest', 'Object tags cannot be greater than 10');
  }
  const object = requireObject(request, 's3:PutObjectTagging');
  request.store.bodies.hold(object.extents);
  request.store.put({ ...object, tags });
  return new Response(null);
};
