import { signedUrlExpiry } from './urlExpiry';

const policy = (seconds: number): string =>
  btoa(
    JSON.stringify({
      Statement: [{ Resource: 'x', Condition: { DateLessThan: { 'AWS:EpochTime': seconds } } }]
    })
  )
    .replaceAll('+', '-')
    .replaceAll('=', '_')
    .replaceAll('/', '~');

it.each([
  ['X-Amz-Date=20260102T030405Z&X-Amz-Expires=3600', '2026-01-02T04:04:05Z'],
  ['Expires=1767323045&Signature=x', '2026-01-02T03:04:05Z'],
  ['expires=1767323045000', '2026-01-02T03:04:05Z'],
  [`Policy=${policy(1767323045)}`, '2026-01-02T03:04:05Z'],
  ['X-Amz-Date=20260102T030405Z&X-Amz-Expires=3600&Expires=1767323045', '2026-01-02T03:04:05Z']
])('reads %s', (query, expected) => {
  expect(signedUrlExpiry(`https://cdn.example/x?${query}`)).toEqual(new Date(expected));
});

it.each(['', 'X-Amz-Date=now&X-Amz-Expires=1', 'X-Amz-Expires=1', 'Expires=soon', 'Policy=%%%25'])(
  'finds nothing in %j',
  query => {
    expect(signedUrlExpiry(`https://cdn.example/x?${query}`)).toBeUndefined();
  }
);
