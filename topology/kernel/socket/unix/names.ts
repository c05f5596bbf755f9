import { fail, ok, type Result, type Rng } from '../../../base/index.js';
import { encodeUtf8 } from '../../../wire/index.js';
import type { Errno } from '../../errno.js';
import type { UnixAddress, UnixSocketType } from '../../sys.js';
import type { UnixSock } from './unix-sock.js';

/** sizeof(sun_path); an abstract name leaves one octet to the NUL before it. */
const SUN_PATH_BYTES = 108;
/** Automatic names have five hexadecimal digits. */
const AUTOBIND_NAMES = 0x100000;

/** Whether a name fits into a sockaddr_un. */
export function isNameTooLong(address: UnixAddress): boolean {
  const [text, limit] =
    address.kind === 'path' ? [address.path, SUN_PATH_BYTES] : [address.name, SUN_PATH_BYTES - 1];
  return encodeUtf8(text).length > limit;
}

/** Abstract names of one network namespace: each type of socket has its own (unix_abstract_hash). */
export class AbstractNames {
  private readonly rng: Rng;
  private readonly sockets = {
    stream: new Map<string, UnixSock>(),
    dgram: new Map<string, UnixSock>(),
    seqpacket: new Map<string, UnixSock>(),
  };

  constructor(rng: Rng) {
    this.rng = rng;
  }

  find(type: UnixSocketType, name: string): UnixSock | undefined {
    return this.sockets[type].get(name);
  }

  /** EADDRINUSE. */
  add(name: string, sock: UnixSock): Errno | undefined {
    const names = this.sockets[sock.type];
    if (names.has(name)) return 'EADDRINUSE';
    names.set(name, sock);
    return undefined;
  }

  /** Takes the first free name from a random one on (unix_autobind). ENOSPC when none is left. */
  addAny(sock: UnixSock): Result<string, Errno> {
    const first = this.rng.below(AUTOBIND_NAMES);
    for (let tried = 0; tried < AUTOBIND_NAMES; tried++) {
      const number = (first + tried) % AUTOBIND_NAMES;
      const name = number.toString(16).padStart(5, '0');
      if (this.add(name, sock) === undefined) return ok(name);
    }
    return fail('ENOSPC');
  }

  remove(name: string, sock: UnixSock): void {
    const names = this.sockets[sock.type];
    if (names.get(name) === sock) names.delete(name);
  }
}
