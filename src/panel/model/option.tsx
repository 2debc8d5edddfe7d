/** One of several ways, with a quiet line that says what it means. */
export function Option(props: {
  /** The same for all of which one is chosen. */
  group: string;
  label: string;
  hint: string;
  checked: boolean;
  onChoose: () => void;
}): JSX.Element {
  const { group, label, hint, checked, onChoose } = props;
  return (
    <label>
      <input type="radio" name={group} checked={checked} onChange={onChoose} />
      <span>
        {label}
        <span className="jp-BedrockImport-quiet">{hint}</span>
      </span>
    </label>
  );
}
