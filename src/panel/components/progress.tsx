export interface ProgressProps {
  /** What it is the progress of; for screen readers. */
  label: string;
  /** 0 to 100; missing while nobody can say. */
  percent?: number;
  className?: string;
}

export function Progress({ label, percent, className = '' }: ProgressProps): JSX.Element {
  const unknown = percent === undefined;
  return (
    <div
      className={`jp-BedrockImport-progress ${unknown ? 'jp-mod-unknown' : ''} ${className}`}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
    >
      <div style={{ width: `${percent ?? 100}%` }} />
    </div>
  );
}
