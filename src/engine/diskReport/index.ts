export { importSizeOf } from './importSize';
export { reportDisk } from './reportDisk';
export type { DiskReport, DiskReportOptions } from './reportDisk';
export { findRoomMakers } from './roomMakers';
export type { RoomMaker, RoomPlace } from './roomMakers';
