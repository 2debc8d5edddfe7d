export { hashLocalFile } from './fileHash';
export { FolderMover } from './folderMover';
export type { FolderRoots } from './folderRoots';
export { openFolder, resolveFolder } from './openFolder';
