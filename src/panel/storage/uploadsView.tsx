import { useEffect, useId, useMemo, useState } from 'react';

import type { UnfinishedUpload, UploadListing } from '../../protocol';
import {
  FailureNote,
  formatBytes,
  formatCount,
  formatTime,
  ShowMore,
  useTrans
} from '../components';
import { KeepFocus } from './keepFocus';
import { WhatCameOfIt } from './outcome';
import { ActionBar } from './actionBar';
import { ActionButton, ChooseAll, LinkButton, Row } from './rows';
import { useSelection } from './selection';
import type { StorageModel } from './storageModel';
import type { StorageActions } from './storageView';
import { visibleName } from './visibleName';

const PAGE = 100;

/** Parts in a bucket that are billed and shown nowhere. */
export function Uploads(props: { model: StorageModel; actions: StorageActions }): JSX.Element {
  const trans = useTrans();
  const { model, actions } = props;
  const { listing } = model.uploads;
  const { isReady } = model;
  useEffect(() => {
    if (isReady) {
      void model.uploads.open();
    }
  }, [model, isReady]);
  return (
    <KeepFocus label={trans.__('Unfinished uploads')}>
      <p className="jp-BedrockImport-quiet">
        {trans.__(
          'An upload in parts that nobody completed is billed like any file, and no list of the bucket shows it.'
        )}
      </p>
      <BucketField model={model} />
      {listing.status === 'failed' && <FailureNote failure={listing.failure} />}
      {listing.value !== undefined && (
        <Listing model={model} actions={actions} listing={listing.value} />
      )}
    </KeepFocus>
  );
}

function BucketField({ model }: { model: StorageModel }): JSX.Element {
  const trans = useTrans();
  const id = useId();
  const { uploads, isReady } = model;
  const { bucket, buckets, listing } = uploads;
  const looking = listing.status === 'loading';
  const [typed, setTyped] = useState<string>();
  const value = typed ?? bucket;
  const canLook = isReady && value.trim() !== '';
  return (
    <form
      className="jp-BedrockImport-bucketField"
      onSubmit={event => {
        event.preventDefault();
        if (looking) {
          uploads.stop();
        } else if (canLook) {
          uploads.choose(value.trim());
          void uploads.look();
        }
      }}
    >
      <label htmlFor={id}>{trans.__('Bucket')}</label>
      <input
        id={id}
        className="jp-mod-styled"
        list={`${id}-buckets`}
        spellCheck={false}
        autoComplete="off"
        placeholder={
          buckets.status === 'loading' ? trans.__('Looking …') : trans.__('Name of the bucket')
        }
        value={value}
        onChange={event => setTyped(event.target.value)}
      />
      <datalist id={`${id}-buckets`}>
        {(buckets.value ?? []).map(name => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <button type="submit" className="jp-mod-styled" aria-disabled={!looking && !canLook}>
        {looking ? trans.__('Stop') : trans.__('List the uploads')}
      </button>
      <span className="jp-BedrockImport-hidden" role="status">
        {looking ? trans.__('Looking …') : ''}
      </span>
      {buckets.status === 'failed' && <FailureNote failure={buckets.failure} />}
    </form>
  );
}

function keyOf({ key, uploadId }: UnfinishedUpload): string {
  return `${uploadId} ${key}`;
}

function Listing(props: {
  model: StorageModel;
  actions: StorageActions;
  listing: UploadListing;
}): JSX.Element {
  const trans = useTrans();
  const { model, actions, listing } = props;
  const { bucket, bytes, more, uploads } = listing;
  const [limit, setLimit] = useState(PAGE);
  const ids = useMemo(() => uploads.map(keyOf), [uploads]);
  const { chosen, choose } = useSelection(useMemo(() => new Set(ids), [ids]));
  const wanted = uploads.filter(upload => chosen.has(keyOf(upload)));
  const blocked = !model.isReady || model.work.doing !== undefined;
  return (
    <>
      {uploads.length > 0 && (
        <p>
          {trans._n(
            '%1 unfinished upload in %3: %2 are billed.',
            '%4 unfinished uploads in %3: %2 are billed.',
            uploads.length,
            formatBytes(bytes),
            bucket,
            formatCount(uploads.length)
          )}
          {more && ` ${trans.__('There are more, which are not listed.')}`}
        </p>
      )}
      {uploads.length > 0 && (
        <ActionBar
          model={model}
          section="uploads"
          count={wanted.length}
          bytes={wanted.reduce((sum, one) => sum + one.bytes, 0)}
        >
          <ActionButton
            label={trans.__('Throw away …')}
            name={trans.__('Throw the selected uploads away …')}
            disabled={blocked || wanted.length === 0}
            onClick={() => actions.abortUploads(bucket, wanted)}
          />
        </ActionBar>
      )}
      <WhatCameOfIt model={model} section="uploads" />
      {uploads.length === 0 ? (
        <p className="jp-BedrockImport-quiet" role="status">
          {trans.__('There is no unfinished upload in %1.', bucket)}
        </p>
      ) : (
        <>
          <ChooseAll label={trans.__('Select all')} ids={ids} chosen={chosen} choose={choose} />
          <ul aria-label={trans.__('Unfinished uploads in %1', bucket)}>
            {uploads.slice(0, limit).map(upload => (
              <Upload
                key={keyOf(upload)}
                upload={upload}
                chosen={chosen.has(keyOf(upload))}
                onChoose={on => choose([keyOf(upload)], on)}
                onJob={actions.openJob}
              />
            ))}
          </ul>
          <ShowMore
            left={uploads.length - limit}
            page={PAGE}
            onShow={() => setLimit(limit + PAGE)}
          />
        </>
      )}
    </>
  );
}

function Upload(props: {
  upload: UnfinishedUpload;
  chosen: boolean;
  onChoose: (chosen: boolean) => void;
  onJob?: (id: string) => void;
}): JSX.Element {
  const trans = useTrans();
  const { upload, chosen, onChoose, onJob } = props;
  const { bytes, initiatedAt, job, key, parts } = upload;
  return (
    <Row
      name={visibleName(key)}
      bytes={bytes}
      chosen={chosen}
      onChoose={onChoose}
      about={
        <p>
          <span>{trans.__('begun: %1', formatTime(initiatedAt))}</span>
          <span>{trans._n('%1 part', '%2 parts', parts, formatCount(parts))}</span>
          {job !== undefined && onJob !== undefined && (
            <LinkButton
              label={trans.__('Show the job')}
              name={trans.__('Show the job: %1', visibleName(key))}
              onClick={() => onJob(job.id)}
            />
          )}
        </p>
      }
      problem={
        job === undefined
          ? undefined
          : trans.__('A job may go on with it: %1', visibleName(job.title))
      }
    />
  );
}
