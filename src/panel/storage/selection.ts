import { useCallback, useMemo, useState } from 'react';

/** What is chosen in a list. What is not in the list any more is not chosen either. */
export interface Selection {
  chosen: ReadonlySet<string>;
  /** Always the same function. */
  choose: (ids: readonly string[], chosen: boolean) => void;
}

/** @param present ids of all that is in the list, whether it is drawn or not */
export function useSelection(present: ReadonlySet<string>): Selection {
  const [wanted, setWanted] = useState<ReadonlySet<string>>(new Set());
  const choose = useCallback((ids: readonly string[], chosen: boolean) => {
    setWanted(before => {
      const after = new Set(before);
      ids.forEach(id => (chosen ? after.add(id) : after.delete(id)));
      return after;
    });
  }, []);
  const chosen = useMemo(
    () => new Set([...wanted].filter(id => present.has(id))),
    [wanted, present]
  );
  return { chosen, choose };
}

/** Whether a text has every word of a filter. */
export function matches(text: string, filter: string): boolean {
  const lower = text.toLowerCase();
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every(word => lower.includes(word));
}
