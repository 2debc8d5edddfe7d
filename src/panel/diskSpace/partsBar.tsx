/** A part of a disk, as the style sheets name it. */
export type DiskPart = 'used' | 'cache' | 'trash' | 'reserved' | 'available';

/** A disk as one bar; what is not known yet is an empty one of the same height. */
export function PartsBar(props: {
  /** Tells it in words. */
  label: string | undefined;
  /** In bytes, from left to right. */
  parts: readonly (readonly [DiskPart, number])[];
}): JSX.Element {
  const { label, parts } = props;
  if (label === undefined) {
    return <div className="jp-BedrockImport-diskBar" />;
  }
  return (
    <div className="jp-BedrockImport-diskBar" role="img" aria-label={label}>
      {parts.map(
        ([name, bytes]) =>
          bytes > 0 && (
            <div
              key={name}
              className={`jp-BedrockImport-diskPart jp-mod-${name}`}
              style={{ flexGrow: bytes }}
            />
          )
      )}
    </div>
  );
}
