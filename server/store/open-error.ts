/** Why a data folder could not be opened. */
export type StoreOpenCode =
  | 'store/locked'
  | 'store/unwritable'
  | 'store/foreign'
  | 'store/corrupt'
  | 'store/newer-format';

/** Thrown by `createDurableStore`; the message is one sentence for the person who started podnet. */
export class StoreOpenError extends Error {
  readonly code: StoreOpenCode;
  readonly folder: string;

  constructor(code: StoreOpenCode, folder: string, message: string) {
    super(message);
    this.name = 'StoreOpenError';
    this.code = code;
    this.folder = folder;
  }
}
