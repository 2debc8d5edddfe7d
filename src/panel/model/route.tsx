import { useId } from 'react';

import type { DiskFit } from '../../protocol';
import { formatBytes, useTrans } from '../components';
import type { ImportForm } from './importForm';
import { Option } from './option';

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
      <Option
        group={`${id}-route`}
        label={trans.__('Stream')}
        hint={trans.__('from the hub to S3: needs no disk')}
        checked={!viaDisk}
        onChoose={() => form.change({ viaDisk: false })}
      />
      <Option
        group={`${id}-route`}
        label={trans.__('Download')}
        hint={diskText(disk, trans)}
        checked={viaDisk}
        onChoose={() => form.change({ viaDisk: true })}
      />
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
