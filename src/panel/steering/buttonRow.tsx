import { useLayoutEffect, useRef } from 'react';
import type { ReactNode } from 'react';

/** Buttons that take each other's place: the focus goes to the one that comes. */
export function ButtonRow({ children }: { children: ReactNode }): JSX.Element {
  const row = useRef<HTMLDivElement>(null);
  const hadFocus = useRef(false);
  useLayoutEffect(() => {
    if (hadFocus.current && document.activeElement === document.body) {
      row.current?.querySelector('button')?.focus({ preventScroll: true });
    }
  });
  return (
    <div
      ref={row}
      className="jp-BedrockImport-steeringButtons"
      onFocus={() => {
        hadFocus.current = true;
      }}
      onBlur={({ relatedTarget }) => {
        // A button that goes gives the focus to nobody.
        hadFocus.current = relatedTarget === null;
      }}
    >
      {children}
    </div>
  );
}
