import type { Connection } from './connection.js';
import { INITIAL_WINDOW_SEGMENTS } from './handshake.js';
import { sendAck } from './output.js';
import { seqAdd, seqDiff } from './seq.js';

/** What autotuning may let the receive window grow to: half of tcp_rmem's maximum. */
const MAX_SPACE_BYTES = 3_145_728;
/** rcv_mss before anything was measured (TCP_MSS_DEFAULT). */
const INITIAL_MSS = 536;

/** How much a connection is ready to take in, and how that grows with what its program reads (tcp_rcv_space_adjust). */
export class ReceiveSpace {
  /** Octets that may wait to be read. */
  bytes: number;
  /** The size of segments that the peer sends, as far as seen (icsk_ack.rcv_mss). */
  mss = INITIAL_MSS;
  private readonly connection: Connection;
  private readSinceNs = 0;
  private readBytes = 0;
  private readAtMost: number | undefined = undefined;

  constructor(connection: Connection, bytes: number) {
    this.connection = connection;
    this.bytes = bytes;
  }

  /**
   * Lets the window grow when the program reads more in a round trip than in any before, and tells the peer when much
   * room came free.
   */
  afterRead(bytes: number): void {
    const { connection } = this;
    const now = connection.clock.nowNs;
    this.readBytes += bytes;
    if (now - this.readSinceNs >= (connection.rtt.smoothedNs ?? 0)) {
      const initial = INITIAL_WINDOW_SEGMENTS * connection.advMss;
      const usual = this.readAtMost ?? Math.min(connection.rcvWnd, initial);
      if (this.readBytes > usual) {
        const wanted = 2 * this.readBytes + 16 * connection.advMss;
        this.bytes = Math.min(Math.max(this.bytes, wanted), MAX_SPACE_BYTES);
        this.readAtMost = this.readBytes;
      }
      this.readSinceNs = now;
      this.readBytes = 0;
    }
    if (connection.state === 'CLOSED') return;
    const end = seqAdd(connection.rcvWup, connection.rcvWnd);
    const offered = seqDiff(end, connection.rcvNxt);
    if (offered * 2 <= this.bytes && this.free() >= 2 * Math.max(offered, 1)) sendAck(connection);
  }

  /** Octets that may be offered now (__tcp_select_window): nothing rather than little (RFC 9293 section 3.8.6.2.2). */
  free(): number {
    const { sock, receiveBuffer } = this.connection;
    const limit = sock.receiveBufferBytes;
    const space = limit === undefined ? this.bytes : limit / 2;
    const free = space - receiveBuffer.length;
    if (free < space / 16 || free < Math.min(this.mss, space / 2)) return 0;
    return free;
  }
}
