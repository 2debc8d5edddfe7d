import { useLayoutEffect, useRef } from 'react';
import type { ReactNode } from 'react';

/** Keeps the focus in a part of the tab when the control that had it goes, as with what was deleted. */
export function KeepFocus(props: { label: string; children: ReactNode }): JSX.Element {
  const node = useRef<HTMLDivElement>(null);
  const hadFocus = useRef(false);
  useLayoutEffect(() => {
    if (hadFocus.current && document.activeElement === document.body) {
      node.current?.focus({ preventScroll: true });
    }
  });
  return (
    <div
      ref={node}
      className="jp-BedrockImport-keepFocus"
      role="group"
      aria-label={props.label}
      tabIndex={-1}
      onFocus={() => {
        hadFocus.current = true;
      }}
      onBlur={({ relatedTarget }) => {
        hadFocus.current = relatedTarget === null;
      }}
    >
      {props.children}
    </div>
  );
}
