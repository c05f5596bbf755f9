import { formatIp, formatMac, ipv4, isIpv4 } from '../../addr/index.js';
import type { IpsetOp, SetAddresses, SetElement, SetPorts, SetSpec } from '../ops.js';
import { portText } from '../set-port.js';
import { quoteWord } from './words.js';

/** Defaults of a hash (IPSET_DEFAULT_HASHSIZE, IPSET_DEFAULT_MAXELEM, AHASH_MAX_SIZE) and of a list. */
const HASH_SIZE = 1024;
const MAX_ELEMENTS = 65_536;
const BUCKET_SIZE = 12;
const LIST_SIZE = 8;

/** What follows the type in `ipset create`, without what the kernel chooses. */
export function printSetSpec(spec: SetSpec): string {
  return [
    spec.family === undefined ? '' : `family ${spec.family}`,
    spec.hashSize === undefined ? '' : `hashsize ${spec.hashSize}`,
    spec.maxElements === undefined ? '' : `maxelem ${spec.maxElements}`,
    ...extras(spec),
  ]
    .filter((word) => word !== '')
    .join(' ');
}

function extras(spec: SetSpec): readonly string[] {
  return [
    spec.range === undefined ? '' : `range ${printRange(spec)}`,
    spec.listSize === undefined ? '' : `size ${spec.listSize}`,
    spec.netmask === undefined ? '' : `netmask ${spec.netmask}`,
    spec.timeoutSeconds === undefined ? '' : `timeout ${spec.timeoutSeconds}`,
    spec.counters === true ? 'counters' : '',
    spec.comment === true ? 'comment' : '',
  ];
}

function printRange(spec: SetSpec): string {
  const { from, to } = spec.range ?? { from: 0, to: 0 };
  if (spec.type === 'bitmap:port') return `${from}-${to}`;
  return `${formatIp(ipv4(from))}-${formatIp(ipv4(to))}`;
}

/** The `Header:` of `ipset list`, which `ipset save` writes behind the type. `initval` is the seed of the hash. */
export function printSetHeader(spec: SetSpec, initval: number): string {
  if (spec.type === 'list:set') {
    return extras({ ...spec, listSize: spec.listSize ?? LIST_SIZE })
      .filter((word) => word !== '')
      .join(' ');
  }
  if (spec.type.startsWith('bitmap:'))
    return extras(spec)
      .filter((word) => word !== '')
      .join(' ');
  return [
    spec.family === undefined ? '' : `family ${spec.family}`,
    `hashsize ${roundUp(spec.hashSize ?? HASH_SIZE)} maxelem ${spec.maxElements ?? MAX_ELEMENTS}`,
    ...extras(spec),
    `bucketsize ${BUCKET_SIZE} initval 0x${initval.toString(16).padStart(8, '0')}`,
  ]
    .filter((word) => word !== '')
    .join(' ');
}

/** The hash has a power of two of buckets, 64 at least. */
function roundUp(size: number): number {
  return Math.max(64, 2 ** Math.ceil(Math.log2(size)));
}

function printAddresses({ from, to, prefixLength }: SetAddresses): string {
  if (prefixLength === undefined) return `${formatIp(from)}-${formatIp(to)}`;
  return prefixLength === (isIpv4(from) ? 32 : 128)
    ? formatIp(from)
    : `${formatIp(from)}/${prefixLength}`;
}

function printPorts({ proto, from, to }: SetPorts): string {
  return from === to ? portText(proto, from) : `${portText(proto, from)}-${to}`;
}

/** An element as `ipset add` takes it. */
export function printElement(element: SetElement): string {
  const { addresses, ports, second, mac, set } = element;
  const single = addresses === undefined && ports !== undefined;
  const parts = [
    addresses === undefined ? '' : printAddresses(addresses),
    ports === undefined ? '' : single ? bare(ports) : printPorts(ports),
    second === undefined ? '' : printAddresses(second),
    mac === undefined ? '' : formatMac(mac).toUpperCase(),
    set ?? '',
  ];
  const options = [
    element.timeoutSeconds === undefined ? '' : `timeout ${element.timeoutSeconds}`,
    element.packets === undefined ? '' : `packets ${element.packets}`,
    element.bytes === undefined ? '' : `bytes ${element.bytes}`,
    element.comment === undefined ? '' : `comment ${quoteWord(element.comment)}`,
    element.nomatch === true ? 'nomatch' : '',
  ];
  const text = parts.filter((part) => part !== '').join(',');
  return [text, ...options.filter((option) => option !== '')].join(' ');
}

function bare({ from, to }: SetPorts): string {
  return from === to ? `${from}` : `${from}-${to}`;
}

/** The command that makes a change of sets. */
export function printIpset(op: IpsetOp): string {
  const exist = 'exist' in op && op.exist === true ? ' -exist' : '';
  switch (op.op) {
    case 'ipset.create':
      return `ipset create ${op.name} ${op.spec.type} ${printSetSpec(op.spec)}`.trimEnd() + exist;
    case 'ipset.add':
    case 'ipset.del':
      return `ipset ${op.op.slice('ipset.'.length)} ${op.name} ${printElement(op.element)}${exist}`;
    case 'ipset.destroy':
    case 'ipset.flush':
      return `ipset ${op.op.slice('ipset.'.length)} ${op.name ?? ''}`.trimEnd();
    case 'ipset.swap':
    case 'ipset.rename':
      return `ipset ${op.op.slice('ipset.'.length)} ${op.from} ${op.to}`;
  }
}
