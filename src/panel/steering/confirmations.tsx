import type { TranslationBundle } from '@jupyterlab/translation';

import type { CacheMovePlan, Steering } from '../../protocol';
import { confirmChange, formatBytes, formatCount } from '../components';
import { changesOf } from './words';

/** Shows exactly what changes, and asks. */
export function confirmSteer(steering: Steering, trans: TranslationBundle): Promise<boolean> {
  const { file, root } = steering;
  const body = (
    <div className="jp-BedrockImport-dialog jp-BedrockImport-steeringDialog">
      <p>{trans.__('New kernels and terminals get:')}</p>
      <ul>
        {changesOf(steering).map(({ name, steered }) => (
          <li key={name}>
            <code>
              {steered === undefined ? trans.__('%1 is unset', name) : `${name}=${steered}`}
            </code>
          </li>
        ))}
      </ul>
      <p>
        {trans.__(
          'Nothing is moved or deleted, and the hub login is kept. What runs now keeps what it has.'
        )}
      </p>
      <p>{trans.__('The setting is written to:')}</p>
      <p>
        <code>{file}</code>
      </p>
    </div>
  );
  return confirmChange({
    title: trans.__('Keep caches and temporary files under %1?', root),
    body,
    accept: trans.__('Keep them there')
  });
}

/** Says what is not found any more, and asks. */
export function confirmUnsteer(steering: Steering, trans: TranslationBundle): Promise<boolean> {
  const { file, variables } = steering;
  const body = (
    <div className="jp-BedrockImport-dialog jp-BedrockImport-steeringDialog">
      <p>
        {trans.__(
          'New kernels and terminals get the values again that the Jupyter server was started with, instead of:'
        )}
      </p>
      <ul>
        {variables
          .filter(({ now }) => now !== undefined)
          .map(({ name, now = '' }) => (
            <li key={name}>
              <code>{`${name}=${now}`}</code>
            </li>
          ))}
      </ul>
      <p>
        {trans.__(
          'No file is deleted. What is in these folders stays there, but tools look for it at their usual places and may download it again.'
        )}
      </p>
      <p>{trans.__('The setting is taken out of:')}</p>
      <p>
        <code>{file}</code>
      </p>
    </div>
  );
  return confirmChange({
    title: trans.__('Undo the setting of cache and temp folders?'),
    body,
    accept: trans.__('Undo it')
  });
}

/** Says what is moved where, and asks. */
export function confirmMove(plan: CacheMovePlan, trans: TranslationBundle): Promise<boolean> {
  const { bytes, files, from, to, sameDisk } = plan;
  const body = (
    <div className="jp-BedrockImport-dialog jp-BedrockImport-steeringDialog">
      <p>
        {trans._n(
          '%1 file (%2) is moved from',
          '%3 files (%2) are moved from',
          files,
          formatBytes(bytes),
          formatCount(files)
        )}
      </p>
      <p>
        <code>{from}</code>
      </p>
      <p>{trans.__('to')}</p>
      <p>
        <code>{to}</code>
      </p>
      <p>
        {sameDisk
          ? trans.__('Both are on one disk: nothing is copied, and no room is needed.')
          : trans.__(
              'Everything is copied and compared first; only then is it deleted at the old place. It can be paused and cancelled without losing anything.'
            )}
      </p>
      <p>{trans.__('New kernels and terminals look there from then on:')}</p>
      <p>
        <code>{`HF_HUB_CACHE=${to}`}</code>
      </p>
    </div>
  );
  return confirmChange({
    title: trans.__('Move the hub cache?'),
    body,
    accept: trans.__('Move it')
  });
}
