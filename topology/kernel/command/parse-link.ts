import { parseMac } from '../../addr/index.js';
import type { Result } from '../../base/index.js';
import type { FdbOp, KernelOp, LinkSpec } from '../ops.js';
import {
  garbage,
  type IpContext,
  inNetns,
  takeIp,
  takeName,
  takeNetns,
  takeVerb,
} from './ip-words.js';
import type { CommandError, Words } from './words.js';

/** What may be said of a device in `ip link add` and `ip link set`. */
interface Attributes {
  name?: string;
  mac?: NonNullable<Extract<KernelOp, { op: 'link.add' }>['mac']>;
  mtuBytes?: number;
  netns?: string;
  parent?: string;
  up?: boolean;
}

const TYPES = 'dummy, bridge, veth, vxlan or macvlan';

/** Reads what follows `ip link`. */
export function parseLink(
  words: Words,
  context: IpContext,
): Result<readonly KernelOp[], CommandError> {
  const verb = takeVerb(words, 'link', {
    changes: ['add', 'set', 'change', 'replace', 'delete'],
    shows: ['show', 'list', 'lst', 'property', 'xstats', 'afstats', 'help'],
  });
  switch (verb) {
    case 'add':
    case 'replace':
      return parseAdd(words, context);
    case 'set':
    case 'change':
      return parseSet(words, context);
    case 'delete': {
      words.skip('dev');
      const name = takeName(words);
      if (words.skip('type')) words.take();
      if (words.more) words.bad(words.peek, garbage(words.peek, 'dev'), 'the end of the line');
      return words.result([{ op: 'link.del', ...inNetns(context), name }]);
    }
    case undefined:
      return words.result([]);
  }
}

function takeMac(words: Words) {
  return words.read(parseMac, (word) => `"${word}" is invalid lladdr.`);
}

function takeMtu(words: Words): number {
  return words.number('mtu', 68, 65_535);
}

/** Takes what comes before `type`; true if the word was known. */
function takeAttribute(words: Words, attributes: Attributes): boolean {
  switch (words.peek) {
    case 'name':
      words.take();
      attributes.name = takeName(words);
      return true;
    case 'address': {
      words.take();
      const mac = takeMac(words);
      if (mac !== undefined) attributes.mac = mac;
      return true;
    }
    case 'mtu':
      words.take();
      attributes.mtuBytes = takeMtu(words);
      return true;
    case 'netns':
      words.take();
      attributes.netns = takeNetns(words);
      return true;
    case 'link':
      words.take();
      attributes.parent = takeName(words);
      return true;
    case 'up':
      words.take();
      attributes.up = true;
      return true;
    case 'txqueuelen':
    case 'qlen':
    case 'numtxqueues':
    case 'numrxqueues':
    case 'gso_max_size':
      // Lengths of queues that podnet does not have.
      words.take();
      words.need('a number');
      return true;
    default:
      return false;
  }
}

function parseAdd(words: Words, context: IpContext): Result<readonly KernelOp[], CommandError> {
  const attributes: Attributes = {};
  while (words.more && words.peek !== 'type') {
    if (takeAttribute(words, attributes)) continue;
    words.skip('dev');
    if (attributes.name !== undefined)
      words.bad(words.peek, garbage(words.peek, 'name'), `type ${TYPES}`);
    attributes.name = takeName(words);
  }
  const message = 'Not enough information: "type" argument is required';
  if (!words.skip('type')) {
    words.fail({ code: 'command/incomplete', message, near: '', expected: `type ${TYPES}` });
  }
  const extra: FdbOp[] = [];
  const place =
    attributes.netns === undefined ? inNetns(context) : inNetns({ netns: attributes.netns });
  const name = attributes.name ?? '';
  const spec = takeSpec(words, { attributes, name, place, extra });
  if (name === '' && !words.failed) {
    const missing = 'Not enough information: "name" argument is required.';
    words.fail({ code: 'command/incomplete', message: missing, near: '', expected: 'name DEV' });
  }
  const { mac, mtuBytes } = attributes;
  const op: KernelOp = {
    op: 'link.add',
    ...place,
    name,
    spec,
    ...(mac === undefined ? {} : { mac }),
    ...(mtuBytes === undefined ? {} : { mtuBytes }),
  };
  const up: readonly KernelOp[] =
    attributes.up === true ? [{ op: 'link.set', ...place, name, up: true }] : [];
  return words.result([op, ...extra, ...up]);
}

interface Adding {
  readonly attributes: Attributes;
  readonly name: string;
  readonly place: { readonly netns?: string };
  readonly extra: FdbOp[];
}

function takeSpec(words: Words, adding: Adding): LinkSpec {
  const type = words.need(TYPES);
  switch (type) {
    case 'veth':
      return takeVeth(words);
    case 'vxlan':
      return takeVxlan(words, adding);
    case 'macvlan':
      return takeMacvlan(words, adding.attributes);
    case 'bridge':
      skipBridgeOptions(words);
      return { type };
    case 'dummy':
      end(words);
      return { type };
    case 'vlan':
    case 'ipvlan':
    case 'tun':
    case 'bond':
    case 'wireguard':
    case 'gre':
    case 'geneve':
    case 'ipip':
    case 'vrf':
    case 'ifb':
      words.unsupported(type, TYPES);
      return { type: 'dummy' };
    default:
      if (!words.failed) words.bad(type, 'Error: Unknown device type.', TYPES);
      return { type: 'dummy' };
  }
}

function end(words: Words): void {
  if (words.more) words.bad(words.peek, garbage(words.peek, 'type'), 'the end of the line');
}

function takeVeth(words: Words): LinkSpec {
  const peer: Attributes = {};
  if (words.skip('peer')) {
    while (words.more) {
      if (takeAttribute(words, peer)) continue;
      if (peer.name !== undefined)
        words.bad(words.peek, garbage(words.peek, 'name'), 'the end of the line');
      peer.name = takeName(words);
    }
  }
  end(words);
  if (peer.name === undefined && !words.failed) {
    const message = 'Not enough information: "peer name" argument is required.';
    words.fail({ code: 'command/incomplete', message, near: '', expected: 'peer name DEV' });
  }
  const { mac, mtuBytes, netns } = peer;
  return {
    type: 'veth',
    peer: {
      name: peer.name ?? '',
      ...(netns === undefined ? {} : { netns }),
      ...(mac === undefined ? {} : { mac }),
      ...(mtuBytes === undefined ? {} : { mtuBytes }),
    },
  };
}

function takeVxlan(words: Words, adding: Adding): LinkSpec {
  let vni: number | undefined;
  let local: ReturnType<typeof takeIp>;
  let dev: string | undefined;
  // Linux's default, from before IANA's 4789.
  let dstPort = 8472;
  let learning = true;
  while (words.more) {
    const word = words.take();
    if (word === 'id' || word === 'vni') vni = words.number('id', 0, 0xffffff);
    else if (word === 'local') local = takeIp(words);
    else if (word === 'dev') dev = takeName(words);
    else if (word === 'dstport') dstPort = words.number('dst port', 0, 65_535);
    else if (word === 'learning') learning = true;
    else if (word === 'nolearning') learning = false;
    else if (word === 'remote') {
      // The default destination: an entry for the MAC of zeros.
      const dst = takeIp(words);
      const mac = parseMac('00:00:00:00:00:00');
      if (dst !== undefined && mac.ok) {
        adding.extra.push({
          op: 'fdb.append',
          ...adding.place,
          dev: adding.name,
          mac: mac.value,
          dst,
        });
      }
    } else if (word === 'ttl' || word === 'tos' || word === 'df' || word === 'ageing') words.take();
    else if (/^(no)?(udpcsum|udp6zerocsumtx|udp6zerocsumrx|proxy|rsc|l2miss|l3miss)$/.test(word)) {
      words.unsupported(word, 'id, local, remote, dev, dstport, learning or nolearning');
    } else if (word === 'group') {
      words.unsupported(word, 'remote, or fdb entries for each tunnel end');
    } else
      words.bad(word, `vxlan: unknown command "${word}"?`, 'id, local, dev, dstport or nolearning');
  }
  if (vni === undefined && !words.failed) {
    const message = 'vxlan: missing virtual network identifier';
    words.fail({ code: 'command/incomplete', message, near: '', expected: 'id VNI' });
  }
  return {
    type: 'vxlan',
    vni: vni ?? 0,
    ...(local === undefined ? {} : { local }),
    ...(dev === undefined ? {} : { dev }),
    dstPort,
    learning,
  };
}

function takeMacvlan(words: Words, attributes: Attributes): LinkSpec {
  let mode: 'bridge' | 'private' | undefined;
  while (words.more) {
    const word = words.take();
    if (word !== 'mode') {
      words.bad(word, `macvlan: unknown command "${word}"?`, 'mode bridge or mode private');
      continue;
    }
    const value = words.need('bridge or private');
    if (value === 'bridge' || value === 'private') mode = value;
    else if (value === 'vepa' || value === 'passthru' || value === 'source') {
      words.unsupported(`mode ${value}`, 'mode bridge or mode private');
    } else {
      const message = `Error: argument of "mode" must be "private", "vepa", "bridge", "passthru" or "source", not "${value}"`;
      words.bad(value, message, 'bridge or private');
    }
  }
  if (attributes.parent === undefined && !words.failed) {
    const message = 'Not enough information: "link" argument is required.';
    words.fail({ code: 'command/incomplete', message, near: '', expected: 'link DEV' });
  }
  if (mode === undefined && !words.failed) {
    // Linux would make a VEPA.
    words.unsupported('mode vepa', 'mode bridge or mode private');
  }
  return { type: 'macvlan', parent: attributes.parent ?? '', mode: mode ?? 'bridge' };
}

/** Accepts what podnet's bridges always do and refuses the rest. */
function skipBridgeOptions(words: Words): void {
  while (words.more) {
    const name = words.take();
    const value = words.need('a value');
    const fine =
      ((name === 'stp_state' || name === 'vlan_filtering') && value === '0') ||
      ['forward_delay', 'hello_time', 'max_age', 'ageing_time', 'mcast_snooping'].includes(name);
    if (!fine) words.unsupported(`${name} ${value}`, 'stp_state 0, vlan_filtering 0 or no option');
  }
}

function parseSet(words: Words, context: IpContext): Result<readonly KernelOp[], CommandError> {
  words.skip('dev');
  const name = takeName(words);
  const change: {
    -readonly [K in keyof Extract<KernelOp, { op: 'link.set' }>]?: Extract<
      KernelOp,
      { op: 'link.set' }
    >[K];
  } = {};
  const slave: { hairpin?: boolean; isolated?: boolean; learning?: boolean; state?: number } = {};
  while (words.more) {
    const word = words.take();
    switch (word) {
      case 'up':
        change.up = true;
        break;
      case 'down':
        change.up = false;
        break;
      case 'mtu':
        change.mtuBytes = takeMtu(words);
        break;
      case 'address': {
        const mac = takeMac(words);
        if (mac !== undefined) change.mac = mac;
        break;
      }
      case 'master':
        change.master = takeName(words);
        break;
      case 'nomaster':
        change.master = null;
        break;
      case 'promisc':
        change.promisc = takeOnOff(words, word);
        break;
      case 'netns':
        change.toNetns = takeNetns(words);
        break;
      case 'name':
        change.rename = takeName(words);
        break;
      case 'type': {
        const type = words.need('bridge_slave');
        if (type === 'bridge_slave') takePortOptions(words, slave);
        else if (type === 'bridge') skipBridgeOptions(words);
        else words.unsupported(`type ${type}`, 'type bridge_slave');
        break;
      }
      case 'arp':
      case 'multicast':
      case 'allmulticast':
      case 'alias':
      case 'group':
      case 'vf':
      case 'xdp':
      case 'txqueuelen':
        words.unsupported(word, 'up, down, mtu, address, master, nomaster, promisc, netns or name');
        break;
      default:
        words.bad(
          word,
          garbage(word, 'dev'),
          'up, down, mtu, address, master, promisc, netns or name',
        );
    }
  }
  const ops: KernelOp[] = [];
  if (Object.keys(change).length > 0)
    ops.push({ op: 'link.set', ...inNetns(context), name, ...change });
  if (Object.keys(slave).length > 0)
    ops.push({ op: 'bridge.port', ...inNetns(context), name, ...slave });
  return words.result(ops);
}

/** Takes `on` or `off`. */
export function takeOnOff(words: Words, what: string): boolean {
  const word = words.need('on or off');
  if (word !== 'on' && word !== 'off') {
    words.bad(
      word,
      `Error: argument of "${what}" must be "on" or "off", not "${word}"`,
      'on or off',
    );
  }
  return word === 'on';
}

const PORT_STATES: readonly string[] = [
  'disabled',
  'listening',
  'learning',
  'forwarding',
  'blocking',
];

/** Takes the options of a bridge's port, of `bridge link set` and `type bridge_slave` alike. */
export function takePortOptions(
  words: Words,
  port: { hairpin?: boolean; isolated?: boolean; learning?: boolean; state?: number },
): void {
  while (words.more) {
    const word = words.take();
    if (word === 'hairpin' || word === 'isolated' || word === 'learning') {
      port[word] = takeOnOff(words, word);
    } else if (word === 'state') {
      const name = words.peek.toLowerCase();
      const known = PORT_STATES.indexOf(name);
      if (known >= 0) words.take();
      port.state = known >= 0 ? known : words.number('state', 0, 4);
    } else if (
      /^(guard|root_block|fastleave|flood|mcast_flood|cost|priority|learning_sync|neigh_suppress)$/.test(
        word,
      )
    ) {
      words.unsupported(word, 'hairpin, isolated, learning or state');
    } else words.bad(word, garbage(word, 'dev'), 'hairpin, isolated, learning or state');
  }
}
