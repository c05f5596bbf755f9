import type { Mac } from '../../addr/index.js';
import { SECOND } from '../../base/index.js';
import type { BridgePort } from './bridge-port.js';

/** How long a learned address is believed (`ageing_time`, 300 s). */
export const AGEING_NS = 300 * SECOND;

/** One row of `bridge fdb show`. */
export class FdbEntry {
  readonly mac: Mac;
  /** The port it was seen on; undefined for the bridge's own address. */
  port: BridgePort | undefined;
  /** The address of the bridge or of one of its ports: frames to it are for this host. */
  readonly local: boolean;
  /** Put there by a person; never ages or moves. */
  readonly permanent: boolean;
  seenNs: number;

  constructor(init: {
    readonly mac: Mac;
    readonly port: BridgePort | undefined;
    readonly local: boolean;
    readonly permanent: boolean;
    readonly seenNs: number;
  }) {
    this.mac = init.mac;
    this.port = init.port;
    this.local = init.local;
    this.permanent = init.permanent;
    this.seenNs = init.seenNs;
  }

  /** Whether it still counts; entries that do not are removed when next met. */
  alive(nowNs: number): boolean {
    return this.permanent || this.local || nowNs - this.seenNs <= AGEING_NS;
  }
}

/** The forwarding database of a bridge (net/bridge/br_fdb.c). Ageing is lazy. */
export class Fdb {
  private readonly entries = new Map<Mac, FdbEntry>();

  get all(): Iterable<FdbEntry> {
    return this.entries.values();
  }

  /** The entry of an address, unless it has aged. */
  find(mac: Mac, nowNs: number): FdbEntry | undefined {
    const entry = this.entries.get(mac);
    if (entry === undefined || entry.alive(nowNs)) return entry;
    this.entries.delete(mac);
    return undefined;
  }

  /**
   * Notes that an address was seen as the source of a frame. Answers what changed: 'new', 'moved' (with
   * the port it left in `movedFrom`), or nothing. An address of the bridge itself is never learned.
   */
  learn(mac: Mac, port: BridgePort, nowNs: number): 'new' | 'moved' | undefined {
    const entry = this.entries.get(mac);
    if (entry === undefined) {
      this.entries.set(
        mac,
        new FdbEntry({ mac, port, local: false, permanent: false, seenNs: nowNs }),
      );
      return 'new';
    }
    if (entry.local || entry.permanent) return undefined;
    const aged = nowNs - entry.seenNs > AGEING_NS;
    entry.seenNs = nowNs;
    if (entry.port === port) return aged ? 'new' : undefined;
    entry.port = port;
    return aged ? 'new' : 'moved';
  }

  /** The entries as they stand now; the answer puts them back. */
  save(): () => void {
    const saved = Array.from(this.entries.values(), (entry) => {
      return { entry, port: entry.port, seenNs: entry.seenNs };
    });
    return () => {
      this.entries.clear();
      for (const { entry, port, seenNs } of saved) {
        entry.port = port;
        entry.seenNs = seenNs;
        this.put(entry);
      }
    };
  }

  put(entry: FdbEntry): void {
    this.entries.set(entry.mac, entry);
  }

  delete(mac: Mac): boolean {
    return this.entries.delete(mac);
  }

  /** Forgets every address of a port, local ones too: it left the bridge. */
  dropPort(port: BridgePort): void {
    for (const entry of this.entries.values()) {
      if (entry.port === port) this.entries.delete(entry.mac);
    }
  }

  /** Forgets what was learned on a port: it went down. */
  flushLearned(port: BridgePort): void {
    for (const entry of this.entries.values()) {
      if (entry.port === port && !entry.local && !entry.permanent) this.entries.delete(entry.mac);
    }
  }
}
