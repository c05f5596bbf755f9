/**
 * What one sk_buff of a Unix socket takes of its sender's buffer (skb->truesize), in octets, on a machine with pages of
 * 4096 octets.
 */

const PAGE_BYTES = 4096;
/** SKB_DATA_ALIGN(sizeof(struct sk_buff)) and of struct skb_shared_info. */
const SKB_BYTES = 256;
const SHARED_INFO_BYTES = 320;
const CACHE_LINE_BYTES = 64;
/** The least piece of memory that a head of data gets (kmalloc-512). */
const LEAST_HEAD_BYTES = 512;
/** SKB_MAX_HEAD(0): what fits beside the shared info in a page. */
const PAGE_HEAD_BYTES = PAGE_BYTES - SHARED_INFO_BYTES;
/** SKB_MAX_ALLOC: what fits in four pages. */
const LARGEST_HEAD_BYTES = 4 * PAGE_BYTES - SHARED_INFO_BYTES;
/** UNIX_SKB_FRAGS_SZ, and MAX_SKB_FRAGS pages. */
const STREAM_PAGES_BYTES = 32_768;
const DATAGRAM_PAGES_BYTES = 17 * PAGE_BYTES;

/** The most octets that one sk_buff of a stream carries. */
export const STREAM_CHUNK_BYTES = PAGE_HEAD_BYTES + STREAM_PAGES_BYTES;

/** Of a piece of a stream, up to `STREAM_CHUNK_BYTES` (unix_stream_sendmsg). */
export function streamTruesize(bytes: number): number {
  const beyond = Math.max(0, bytes - PAGE_HEAD_BYTES);
  const paged = Math.min(bytes, pageAlign(beyond));
  return headTruesize(bytes - paged) + pageAlign(paged);
}

/** Of a datagram or a record (unix_dgram_sendmsg). */
export function datagramTruesize(bytes: number): number {
  if (bytes <= LARGEST_HEAD_BYTES) return headTruesize(bytes);
  const paged = pageAlign(Math.min(bytes - LARGEST_HEAD_BYTES, DATAGRAM_PAGES_BYTES));
  return headTruesize(bytes - paged) + paged;
}

function headTruesize(bytes: number): number {
  const wanted = Math.ceil(bytes / CACHE_LINE_BYTES) * CACHE_LINE_BYTES + SHARED_INFO_BYTES;
  let given = LEAST_HEAD_BYTES;
  while (given < wanted) given *= 2;
  return given + SKB_BYTES;
}

function pageAlign(bytes: number): number {
  return Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;
}
