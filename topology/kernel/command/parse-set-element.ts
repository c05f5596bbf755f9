import { parseIp, parseMac } from '../../addr/index.js';
import { ICMP4_NAMES, ICMP6_NAMES } from '../../wire/index.js';
import type { SetElement, SetPorts, SetSpec } from '../ops.js';
import { SET_PARTS } from '../set-spec.js';
import { portOf, protoOf } from './match-header.js';
import { parseAddresses } from './set-address.js';
import type { Words } from './words.js';

/** Without the definition of its set an element is read by the looks of it. */
function partsOf(text: string, spec: SetSpec | undefined): readonly string[] {
  if (spec !== undefined) return SET_PARTS[spec.type];
  const count = text.split(',').length;
  if (count === 3) return ['ip', 'port', 'net'];
  if (count === 2) return ['net', 'port'];
  if (parseMac(text).ok) return ['mac'];
  if (/^\d+(-\d+)?$/.test(text)) return ['port'];
  return parseIp(text.split(/[/-]/)[0] ?? '').ok ? ['net'] : ['set'];
}

/** Reads an element, and the options behind it; without the definition of its set by the looks of it. */
export function readElement(words: Words, text: string, spec: SetSpec | undefined): SetElement {
  const element: { -readonly [K in keyof SetElement]: SetElement[K] } = {};
  const parts = partsOf(text, spec);
  const pieces = text.split(',');
  if (pieces.length > parts.length) {
    const message = `Syntax error: Elem separator in ${text}, but settype ${spec?.type ?? ''} supports none.`;
    words.bad(text, message, `${parts.length} parts`);
  } else if (pieces.length < parts.length) {
    const which = pieces.length === 1 ? 'Second' : 'Third';
    words.bad(
      text,
      `Syntax error: ${which} element is missing from ${text}.`,
      `${parts.length} parts`,
    );
  }
  const family = spec?.family ?? (text.split(',')[0]?.includes(':') === true ? 'inet6' : 'inet');
  for (const [index, part] of parts.entries()) {
    if (words.failed) break;
    const piece = pieces[index] ?? '';
    if (part === 'port') element.ports = readPorts(words, piece, spec);
    else if (part === 'mac') {
      const mac = parseMac(piece.toLowerCase());
      if (mac.ok) element.mac = mac.value;
      else words.bad(piece, `Syntax error: cannot parse ${piece} as MAC address`, 'a MAC address');
    } else if (part === 'set') element.set = piece;
    else {
      const addresses = parseAddresses(piece, family);
      if (typeof addresses === 'string') words.bad(piece, addresses, 'an address');
      else if (index === 0) element.addresses = addresses;
      else element.second = addresses;
    }
  }
  while (words.more) readElementOption(words, element);
  return element;
}

function readElementOption(
  words: Words,
  element: { -readonly [K in keyof SetElement]: SetElement[K] },
): void {
  const option = words.take();
  const number = (): number => words.number(option, 0, Number.MAX_SAFE_INTEGER);
  switch (option) {
    case 'timeout':
      element.timeoutSeconds = number();
      return;
    case 'nomatch':
      element.nomatch = true;
      return;
    case 'comment':
      element.comment = words.need('a text');
      return;
    case 'packets':
      element.packets = number();
      return;
    case 'bytes':
      element.bytes = number();
      return;
    default:
      words.bad(option, `Unknown argument: \`${option}'`, 'timeout, nomatch or comment');
  }
}

/** `80`, `tcp:80-90`, `icmp:echo-request`, `icmp:8/0`. */
function readPorts(words: Words, piece: string, spec: SetSpec | undefined): SetPorts {
  const [first = '', ...more] = piece.split(':');
  const proto = more.length === 0 ? 6 : (protoOf(first) ?? 0);
  const text = more.length === 0 ? first : more.join(':');
  if (proto === 1 || proto === 58) {
    const table = proto === 1 ? ICMP4_NAMES : ICMP6_NAMES;
    const named = table.find((row) => row.name === text);
    const [type, code = 0] =
      named === undefined ? text.split('/').map(Number) : [named.type, named.code ?? 0];
    const value = ((type ?? 0) << 8) | code;
    return { proto, from: value, to: value };
  }
  const [from, to = from] = text.split('-').map(portOf);
  if (from === undefined || to === undefined) {
    const bitmap = spec?.type === 'bitmap:port' ? '' : 'TCP ';
    words.bad(
      text,
      `Syntax error: '${text}' is invalid as ${bitmap}port`,
      'a port from 0 to 65535',
    );
  }
  return { proto, from: from ?? 0, to: to ?? 0 };
}
