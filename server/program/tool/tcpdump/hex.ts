/** Packets as octets (print-ascii.c). */

const PER_LINE = 16;

/** Lines of 16 octets in groups of two, each begun by `\n\t` and its offset; with their characters when `ascii`. */
export function hexDump(octets: Uint8Array, how: { readonly ascii: boolean }): string {
  let text = '';
  for (let at = 0; at < octets.length; at += PER_LINE) {
    const line = octets.subarray(at, at + PER_LINE);
    let groups = '';
    for (let index = 0; index < line.length; index += 2) {
      const pair = line.subarray(index, index + 2);
      groups += ` ${Array.from(pair, (octet) => octet.toString(16).padStart(2, '0')).join('')}`;
    }
    const offset = `\n\t0x${at.toString(16).padStart(4, '0')}: `;
    if (!how.ascii) text += `${offset}${groups}`;
    else text += `${offset}${groups.padEnd(40)}  ${Array.from(line, shown).join('')}`;
  }
  return text;
}

function shown(octet: number): string {
  return octet > 32 && octet < 127 ? String.fromCharCode(octet) : '.';
}

/** Characters alone, begun by a new line; carriage returns are left out before new lines (-A). */
export function asciiDump(octets: Uint8Array): string {
  let text = '\n';
  for (let index = 0; index < octets.length; index++) {
    const octet = octets[index] ?? 0;
    if (octet === 13 && octets[index + 1] === 10) continue;
    const plain = octet === 9 || octet === 10 || octet === 32 || (octet > 32 && octet < 127);
    text += plain ? String.fromCharCode(octet) : '.';
  }
  return text;
}
