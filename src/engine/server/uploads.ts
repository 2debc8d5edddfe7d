import { abortUploads, listUploads } from '../../protocol';
import { findUploadOwners } from '../jobs';
import { abortUnfinishedUploads, listUnfinishedUploads } from '../transfer';
import { toFailure } from './failures';
import type { EngineHost } from './host';
import type { Page } from './page';

export function serveUploads(page: Page, host: EngineHost): void {
  page.answer(listUploads, async ({ bucket }, signal) => {
    const { aws } = await host.engine();
    const found = await listUnfinishedUploads(aws, bucket, { signal });
    const owner = await findUploadOwners(await host.store(), bucket);
    const uploads = found.uploads.map(upload => ({ ...upload, job: owner(upload.key) }));
    const { bytes, more } = found;
    return { bucket, uploads, bytes, more };
  });
  page.answer(abortUploads, async ({ bucket, uploads }, signal) => {
    const { aws } = await host.engine();
    const { aborted, failed } = await abortUnfinishedUploads(aws, bucket, uploads, { signal });
    return {
      aborted: aborted.length,
      bytes: aborted.reduce((sum, upload) => sum + upload.bytes, 0),
      failed: failed.map(({ key, uploadId, error }) => ({
        key,
        uploadId,
        failure: toFailure(error)
      }))
    };
  });
}
