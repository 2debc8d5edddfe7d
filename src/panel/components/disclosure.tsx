import { useState } from 'react';
import type { ReactNode } from 'react';

/** Details under one line; they are made only when it is open. */
export function Disclosure(props: {
  summary: ReactNode;
  initiallyOpen?: boolean;
  children: () => ReactNode;
}): JSX.Element {
  const [open, setOpen] = useState(props.initiallyOpen ?? false);
  return (
    <details
      className="jp-BedrockImport-disclosure"
      open={open}
      onToggle={event => setOpen(event.currentTarget.open)}
    >
      <summary>{props.summary}</summary>
      {open && <div className="jp-BedrockImport-disclosed">{props.children()}</div>}
    </details>
  );
}
