import { parseMac } from '../../addr/index.js';
import type { FdbOp, LinkSpec, MacvlanMode } from '../ops.js';
import { garbage, takeIp, takeName } from './ip-words.js';
import { type LinkAttributes, takeAttribute } from './link-attributes.js';
import { type Words, wholeNumber } from './words.js';

/** Types of devices that podnet has, for messages. */
export const LINK_TYPES = 'dummy, bridge, veth, vxlan or macvlan';

/** A device while its line is read: what was said before `type`, and entries that its type brings along. */
export interface AddedLink {
  readonly attributes: LinkAttributes;
  readonly name: string;
  readonly place: { readonly netns?: string };
  readonly extra: FdbOp[];
}

/** Takes what follows `type` in `ip link add`. */
export function takeSpec(words: Words, adding: AddedLink): LinkSpec {
  const type = words.need(LINK_TYPES);
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
      words.unsupported(type, LINK_TYPES);
      return { type: 'dummy' };
    default:
      if (!words.failed) words.bad(type, 'Error: Unknown device type.', LINK_TYPES);
      return { type: 'dummy' };
  }
}

function end(words: Words): void {
  if (words.more) words.bad(words.peek, garbage(words.peek, 'type'), 'the end of the line');
}

function takeVeth(words: Words): LinkSpec {
  const peer: LinkAttributes = {};
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

function takeVxlan(words: Words, adding: AddedLink): LinkSpec {
  let vni: number | undefined;
  let local: ReturnType<typeof takeIp>;
  let dev: string | undefined;
  // Linux's default, from before IANA's 4789.
  let dstPort = 8472;
  let learning = true;
  while (words.more) {
    const word = words.take();
    if (word === 'id' || word === 'vni') vni = takeVni(words);
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

function takeMacvlan(words: Words, attributes: LinkAttributes): LinkSpec {
  let mode: MacvlanMode | undefined;
  while (words.more) {
    const word = words.take();
    if (word !== 'mode') {
      words.bad(word, `macvlan: unknown command "${word}"?`, 'mode bridge, private or vepa');
      continue;
    }
    const value = words.need('bridge, private or vepa');
    if (value === 'bridge' || value === 'private' || value === 'vepa') mode = value;
    else if (value === 'passthru' || value === 'source') {
      words.unsupported(`mode ${value}`, 'mode bridge, private or vepa');
    } else {
      const message = `Error: argument of "mode" must be "private", "vepa", "bridge", "passthru" or "source", not "${value}"`;
      words.bad(value, message, 'bridge, private or vepa');
    }
  }
  if (attributes.parent === undefined && !words.failed) {
    const message = 'Not enough information: "link" argument is required.';
    words.fail({ code: 'command/incomplete', message, near: '', expected: 'link DEV' });
  }
  return { type: 'macvlan', parent: attributes.parent ?? '', mode: mode ?? 'vepa' };
}

/** Accepts what podnet's bridges always do and refuses the rest. */
export function skipBridgeOptions(words: Words): void {
  while (words.more) {
    const name = words.take();
    const value = words.need('a value');
    const fine =
      ((name === 'stp_state' || name === 'vlan_filtering') && value === '0') ||
      ['forward_delay', 'hello_time', 'max_age', 'ageing_time', 'mcast_snooping'].includes(name);
    if (!fine) words.unsupported(`${name} ${value}`, 'stp_state 0, vlan_filtering 0 or no option');
  }
}

/** A network identifier of 24 bits (RFC 7348 section 5). */
function takeVni(words: Words): number {
  const word = words.need('a number from 0 to 16777215');
  const value = wholeNumber(word);
  if (value === undefined || value > 0xffffff) {
    words.bad(
      word,
      `Error: argument "${word}" is wrong: invalid id`,
      'a number from 0 to 16777215',
    );
  }
  return value ?? 0;
}
