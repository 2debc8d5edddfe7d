export { measureTrash } from './measureTrash';
export type { TrashFolderSize, TrashSize } from './measureTrash';
export { findTrashFolders } from './trashFolders';
export type { TrashPlace } from './trashFolders';
