import { useId } from 'react';

import type { DiskFit } from '../../protocol';
import { formatBytes, useTrans } from '../components';
import type { ImportForm } from './importForm';

/** What the way over the disk needs, in one line. */
export function diskText(disk: DiskFit, trans: ReturnType<typeof useTrans>): string {
  const { requiredBytes, availableBytes, missingBytes, fits } = disk;
  return fits
    ? trans.__('needs %1, %2 available', formatBytes(requiredBytes), formatBytes(availableBytes))
    : trans.__(
        'needs %1, %2 available, %3 missing',
        formatBytes(requiredBytes),
        formatBytes(availableBytes),
        formatBytes(missingBytes)
      );
}

/** Which way the bytes go. */
export function Route({ form }: { form: ImportForm }): JSX.Element | null {
  const trans = useTrans();
  const id = useId();
  const { value: facts } = form.facts.state;
  // Only models of the hub can go through its cache; others lie where they lie.
  if (facts?.commitSha === undefined) {
    return null;
  }
  const { viaDisk } = form.draft;
  const { disk } = facts;
  return (
    <fieldset className="jp-BedrockImport-choices">
      <legend>{trans.__('Way')}</legend>
      <label>
        <input
          type="radio"
          name={`${id}-route`}
          checked={!viaDisk}
          onChange={() => form.change({ viaDisk: false })}
        />
        <span>
          {trans.__('Stream')}
          <span className="jp-BedrockImport-quiet">
            {trans.__('from the hub to S3: needs no disk')}
          </span>
        </span>
      </label>
      <label>
        <input
          type="radio"
          name={`${id}-route`}
          checked={viaDisk}
          onChange={() => form.change({ viaDisk: true })}
        />
        <span>
          {trans.__('Download')}
          <span className="jp-BedrockImport-quiet">{diskText(disk, trans)}</span>
        </span>
      </label>
      {viaDisk && !disk.fits && (
        <div className="jp-BedrockImport-failure" role="status">
          <p>{disk.explanation}</p>
          <ul>
            {disk.nextSteps.map(step => (
              <li key={step}>{step}</li>
            ))}
          </ul>
        </div>
      )}
    </fieldset>
  );
}
