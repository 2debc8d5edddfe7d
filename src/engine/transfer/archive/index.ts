export { ArchiveMover } from './archiveMover';
export { openArchive } from './openArchive';
export type { ArchiveProgress, OpenArchiveOptions, OpenedArchive } from './openArchive';
