/**
 * Counts up whenever a page and an engine of different counts would misunderstand each other. After an
 * update of the package an open page still has the old code: it is told to reload.
 */
export const PROTOCOL_VERSION = 1;
