/** Capture files in libpcap's own format (pcap-savefile(5)): what -w writes and -r reads. */
import { fail, ok, type Result } from '../../../../topology/index.js';

/** LINKTYPE_ETHERNET and LINKTYPE_LINUX_SLL2. */
export const LINK_TYPE = { ethernet: 1, sll2: 276 } as const;

/** A frame of a file; time is counted from the Unix epoch. */
export interface FileFrame {
  readonly seconds: number;
  readonly microseconds: number;
  readonly octets: Uint8Array;
  /** Octets on the wire. */
  readonly originalBytes: number;
}

/** A file that was read. */
export interface CaptureFile {
  readonly linkType: number;
  readonly snapBytes: number;
  readonly frames: readonly FileFrame[];
  /** What is wrong with the end of the file. */
  readonly complaint: string | undefined;
}

const MAGIC = 0xa1b2c3d4;
const MAGIC_NANOSECONDS = 0xa1b23c4d;
const HEADER_BYTES = 24;
const RECORD_BYTES = 16;

/** The head of a file. */
export function fileHeader(linkType: number, snapBytes: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(HEADER_BYTES));
  view.setUint32(0, MAGIC, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, snapBytes, true);
  view.setUint32(20, linkType, true);
  return new Uint8Array(view.buffer);
}

/** One frame of a file. */
export function fileRecord(frame: FileFrame): Uint8Array {
  const { octets } = frame;
  const record = new Uint8Array(RECORD_BYTES + octets.length);
  const view = new DataView(record.buffer);
  view.setUint32(0, frame.seconds, true);
  view.setUint32(4, frame.microseconds, true);
  view.setUint32(8, octets.length, true);
  view.setUint32(12, frame.originalBytes, true);
  record.set(octets, RECORD_BYTES);
  return record;
}

/** Reads a file; fails in libpcap's words. */
export function readCaptureFile(octets: Uint8Array): Result<CaptureFile, string> {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  if (octets.length < HEADER_BYTES) {
    return fail(
      `truncated dump file; tried to read ${octets.length < 4 ? 4 : HEADER_BYTES} file header bytes, only got ${octets.length}`,
    );
  }
  const order = [true, false].find((little) =>
    [MAGIC, MAGIC_NANOSECONDS].includes(view.getUint32(0, little)),
  );
  if (order === undefined) return fail('unknown file format');
  const perMicrosecond = view.getUint32(0, order) === MAGIC ? 1 : 1000;
  const frames: FileFrame[] = [];
  let complaint: string | undefined;
  for (let at = HEADER_BYTES; at < octets.length; ) {
    const rest = octets.length - at;
    if (rest < RECORD_BYTES) {
      complaint = `truncated dump file; tried to read ${RECORD_BYTES} header bytes, only got ${rest}`;
      break;
    }
    const kept = view.getUint32(at + 8, order);
    if (rest < RECORD_BYTES + kept) {
      complaint = `truncated dump file; tried to read ${kept} captured bytes, only got ${rest - RECORD_BYTES}`;
      break;
    }
    frames.push({
      seconds: view.getUint32(at, order),
      microseconds: Math.floor(view.getUint32(at + 4, order) / perMicrosecond),
      octets: octets.subarray(at + RECORD_BYTES, at + RECORD_BYTES + kept),
      originalBytes: view.getUint32(at + 12, order),
    });
    at += RECORD_BYTES + kept;
  }
  const snapBytes = view.getUint32(16, order);
  return ok({ linkType: view.getUint32(20, order) & 0xffff, snapBytes, frames, complaint });
}
