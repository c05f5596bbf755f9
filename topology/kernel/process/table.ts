import { fail } from '../../base/index.js';
import type { SocketNetns } from '../socket/index.js';
import type { ProcessTable } from '../sys.js';
import type { ProcessHost } from './host.js';

/** The processes of a host, with what only the host itself may ask. */
export interface HostProcessTable extends ProcessTable {
  /** The network namespace a process lives in, for `netns.attach` and `/proc/PID/ns/net`. */
  netnsOf(pid: number): SocketNetns | undefined;
}

/** An empty process table in the host's own namespaces. */
export function createProcessTable(_host: ProcessHost): HostProcessTable {
  return {
    clone: () => fail('ENOSYS'),
    get: () => undefined,
    all: [],
    kill: () => 'ESRCH',
    netnsOf: () => undefined,
  };
}
