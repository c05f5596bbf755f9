import type { SetSpec, SetType } from '../ops.js';
import { SET_PARTS } from '../set-spec.js';
import { parseInteger } from './extension.js';
import { portOf } from './match-header.js';
import { parseAddresses } from './set-address.js';
import type { Words } from './words.js';

type SpecDraft = { -readonly [K in keyof SetSpec]: SetSpec[K] };

/** Reads what follows the type in `ipset create`. */
export function readSpec(words: Words, typeName: string): SetSpec {
  const type = Object.keys(SET_PARTS).find((name): name is SetType => name === typeName);
  const spec: SpecDraft = { type: type ?? 'hash:ip' };
  if (words.failed) return spec;
  if (type === undefined) {
    words.bad(
      typeName,
      `Syntax error: typename '${typeName}' is unknown`,
      Object.keys(SET_PARTS).join(', '),
    );
    return spec;
  }
  const hash = type.startsWith('hash:');
  if (hash && type !== 'hash:mac') spec.family = 'inet';
  while (words.more) readSpecOption(words, spec);
  if (type.startsWith('bitmap:') && spec.range === undefined) {
    words.bad(words.peek, "Mandatory option `range' is missing", 'range FROM-TO');
  }
  return spec;
}

function readSpecOption(words: Words, spec: SpecDraft): void {
  const option = words.take();
  const number = (): number => {
    const text = words.need('a number', `Missing mandatory argument to option ${option}`);
    const value = parseInteger(text);
    if (value === undefined) {
      words.bad(text, `Syntax error: '${text}' is invalid as number`, 'a whole number');
    }
    return value ?? 0;
  };
  switch (option) {
    case 'family': {
      const family = words.need('inet or inet6');
      if (family === 'inet' || family === 'inet6') spec.family = family;
      else words.bad(family, `Syntax error: unknown inet family ${family}`, 'inet or inet6');
      return;
    }
    case '-4':
      spec.family = 'inet';
      return;
    case '-6':
      spec.family = 'inet6';
      return;
    case 'hashsize':
      spec.hashSize = number();
      return;
    case 'maxelem':
      spec.maxElements = number();
      return;
    case 'timeout':
      spec.timeoutSeconds = number();
      return;
    case 'netmask':
      spec.netmask = number();
      return;
    case 'size':
      spec.listSize = number();
      return;
    case 'bucketsize':
    case 'initval':
      number();
      return;
    case 'counters':
      spec.counters = true;
      return;
    case 'comment':
      spec.comment = true;
      return;
    case 'range':
      readRange(words, spec);
      return;
    default:
      words.bad(option, `Unknown argument: \`${option}'`, 'family, timeout, maxelem …');
  }
}

function readRange(words: Words, spec: SpecDraft): void {
  const text = words.need('FROM-TO');
  if (spec.type === 'bitmap:port') {
    const [from, to] = text.split('-').map(portOf);
    if (from !== undefined && to !== undefined) spec.range = { from, to };
    else words.bad(text, `Syntax error: '${text}' is invalid as port range`, 'FROM-TO');
    return;
  }
  const addresses = parseAddresses(text, 'inet');
  if (typeof addresses === 'string') words.bad(text, addresses, 'FROM-TO, or a network');
  else spec.range = { from: Number(addresses.from), to: Number(addresses.to) };
}
