import { useTrans } from './translation';

/** Shows the next page of a long list, while there is one. */
export function ShowMore(props: {
  /** How many are not shown yet. */
  left: number;
  page: number;
  onShow: () => void;
}): JSX.Element | null {
  const trans = useTrans();
  const { left, page, onShow } = props;
  return left <= 0 ? null : (
    <button type="button" className="jp-mod-styled" onClick={onShow}>
      {trans._n('Show %1 more', 'Show %1 more', Math.min(left, page))}
    </button>
  );
}
