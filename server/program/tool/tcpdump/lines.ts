/** Protocols of text lines: HTTP, SMTP, FTP (print-http.c, parsenfsfh.c's txtproto_print). */
import type { Dissector } from './dissector.js';

const HTTP_METHODS = new Set([
  'GET',
  'HEAD',
  'PUT',
  'POST',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'CONNECT',
  'PATCH',
  'LINK',
  'UNLINK',
  'PROPFIND',
  'PROPPATCH',
  'MKCOL',
  'COPY',
  'MOVE',
  'LOCK',
  'UNLOCK',
]);

/** An HTTP request or response. */
export function printHttp(d: Dissector, at: number, length: number): void {
  const [first = '', second = ''] = firstTokens(d, at, length);
  const isKnown = HTTP_METHODS.has(first.toUpperCase()) || /^\d{3}$/.test(second);
  print(d, 'HTTP', { at, length, isKnown });
}

/** A protocol whose messages are all lines. */
export function printLines(
  d: Dissector,
  name: string,
  place: { readonly at: number; readonly length: number },
): void {
  print(d, name.toUpperCase(), { ...place, isKnown: true });
}

function firstTokens(d: Dissector, at: number, length: number): readonly string[] {
  const end = Math.min(d.end, at + Math.min(length, 128));
  return String.fromCharCode(...d.octets.subarray(at, end)).split(/[\s]+/);
}

function print(
  d: Dissector,
  name: string,
  how: { readonly at: number; readonly length: number; readonly isKnown: boolean },
): void {
  d.protocol = name.toLowerCase();
  const { length } = how;
  d.put(name);
  if (!how.isKnown) return;
  if (d.style.verbosity === 0 || name === 'SSH') {
    printLine(d, ': ', { at: how.at, end: how.at + length });
    return;
  }
  d.put(`, length: ${length}`);
  for (let at = how.at; at < how.at + length; ) {
    const next = printLine(d, '\n\t', { at, end: how.at + length });
    if (next === undefined) return;
    at = next;
  }
}

/** Prints one line of printable characters; gives where the next begins, undefined when this was none. */
function printLine(
  d: Dissector,
  prefix: string,
  place: { readonly at: number; readonly end: number },
): number | undefined {
  let text = '';
  let at = place.at;
  for (; at < place.end; at++) {
    const octet = d.u8(at);
    if (octet === 10) {
      at++;
      break;
    }
    if (octet === 13) {
      if (at + 1 >= place.end || d.u8(at + 1) !== 10) return undefined;
      at += 2;
      break;
    }
    if ((octet < 32 || octet > 126) && octet !== 9) return undefined;
    text += String.fromCharCode(octet);
  }
  d.put(prefix + text);
  return at;
}
