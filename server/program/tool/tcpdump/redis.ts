/** RESP, the protocol of redis (print-resp.c). */
import { type Dissector, Truncated } from './dissector.js';

/** Messages of RESP, as far as they are whole in this segment. */
export function printRedis(d: Dissector, at: number, length: number): void {
  d.protocol = 'resp';
  d.put(': RESP');
  for (let cursor = at, end = at + length; cursor < end; ) {
    const next = printValue(d, cursor, end);
    if (next === undefined) return;
    cursor = next;
  }
}

function printValue(d: Dissector, at: number, end: number): number | undefined {
  const line = lineAt(d, at + 1, end);
  switch (String.fromCharCode(d.u8(at))) {
    case '+':
    case '-':
    case ':':
      d.put(` "${line.text}"`);
      return line.next;
    case '$': {
      const size = Number(line.text);
      if (size < 0) {
        d.put(' null');
        return line.next;
      }
      d.need(line.next, size + 2);
      const content = d.octets.subarray(line.next, line.next + size);
      d.put(size === 0 ? ' empty' : ` "${String.fromCharCode(...content)}"`);
      return line.next + size + 2;
    }
    case '*': {
      const count = Number(line.text);
      if (count <= 0) d.put(count < 0 ? ' null' : ' empty');
      let next = line.next;
      for (let index = 0; index < count; index++) {
        const after = printValue(d, next, end);
        if (after === undefined) return undefined;
        next = after;
      }
      return next;
    }
    default: {
      const inline = lineAt(d, at, end);
      d.put(` "${inline.text}"`);
      return inline.next;
    }
  }
}

function lineAt(
  d: Dissector,
  at: number,
  end: number,
): { readonly text: string; readonly next: number } {
  let text = '';
  for (let index = at; index < end; index++) {
    const octet = d.u8(index);
    if (octet === 13) return { text, next: index + 2 };
    text += String.fromCharCode(octet);
  }
  throw new Truncated();
}
