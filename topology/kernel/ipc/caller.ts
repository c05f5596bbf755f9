/** The process that makes an IPC call. */
export interface IpcCaller {
  readonly pid: number;
  readonly uid: number;
  readonly comm: string;
  /** Bits taken from the mode of what it creates; 0o022 unless set. */
  readonly umask: number;
  /** The lowest free descriptor number. */
  nextFd(): number;
  /** Frees a number when its descriptor is closed. */
  releaseFd(fd: number): void;
}

/** Permission bits of a caller on an object: 4 read, 2 write. */
export interface Permissions {
  readonly uid: number;
  readonly mode: number;
}

/**
 * Whether a caller has the wanted bits. Uid 0 has CAP_DAC_OVERRIDE and CAP_IPC_OWNER, as in a default container.
 *
 * Fidelity: groups are not modelled; who is not the owner is "other".
 */
export function mayAccess(caller: IpcCaller, object: Permissions, wanted: number): boolean {
  if (caller.uid === 0) return true;
  const granted = caller.uid === object.uid ? object.mode >>> 6 : object.mode;
  return (granted & wanted) === wanted;
}
