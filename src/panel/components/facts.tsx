import type { ReactNode } from 'react';

/** Names and values, one pair a line; what has no value is left out. */
export function Facts(props: { facts: readonly (readonly [string, ReactNode])[] }): JSX.Element {
  const known = props.facts.filter(
    ([, value]) => value !== undefined && value !== null && value !== ''
  );
  return (
    <dl className="jp-BedrockImport-facts">
      {known.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
