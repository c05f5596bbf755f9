import { formatCidr, formatIp, formatMac, type Ip, isCidr4, isIpv4 } from '../../addr/index.js';
import type {
  ConntrackOp,
  FdbOp,
  IptablesOp,
  KernelOp,
  LinkOp,
  LinkSpec,
  RouteOp,
  RuleOp,
} from '../ops.js';
import { PROTO_NAMES, ROUTE_TABLES } from './names.js';
import { printNftOp } from './nft/print-op.js';
import { printIpset } from './print-ipset.js';
import { printIptablesSave, printRestoreNoflush, printRule } from './print-rule.js';
import { quoteWord } from './words.js';

/**
 * The commands a person types on Linux to make a change, one per string; a string with a here-document
 * has several lines. `parseCommand` reads each back.
 */
export function printOp(op: KernelOp): string[] {
  switch (op.op) {
    case 'netns.add':
      return [`ip netns add ${op.name}`];
    case 'netns.del':
      return [`ip netns del ${op.name}`];
    case 'netns.attach':
      return [`ip netns attach ${op.name} ${op.pid}`];
    case 'link.add':
    case 'link.set':
    case 'link.del':
    case 'bridge.port':
      return [printLink(op)];
    case 'addr.add':
    case 'addr.del':
      return [
        words(
          ip(op),
          'addr',
          verbOf(op.op),
          `${formatIp(op.addr.address)}/${op.addr.prefixLength}`,
          op.broadcast === undefined ? '' : `brd ${formatIp(op.broadcast)}`,
          `dev ${op.dev}`,
          option('scope', op.scope),
          op.nodad === true ? 'nodad' : '',
        ),
      ];
    case 'route.add':
    case 'route.replace':
    case 'route.del':
      return [printRoute(op)];
    case 'rule.add':
    case 'rule.del':
      return [printPolicyRule(op)];
    case 'neigh.replace': {
      const to = `${formatIp(op.dst)} lladdr ${formatMac(op.mac)} dev ${op.dev} nud ${op.state}`;
      return [words(ip(op), 'neigh replace', to)];
    }
    case 'neigh.proxy-add':
    case 'neigh.proxy-del': {
      const verb = op.op === 'neigh.proxy-add' ? 'add' : 'del';
      return [words(ip(op), `neigh ${verb} proxy`, `${formatIp(op.dst)} dev ${op.dev}`)];
    }
    case 'neigh.del':
      return [words(ip(op), 'neigh del', `${formatIp(op.dst)} dev ${op.dev}`)];
    case 'fdb.append':
    case 'fdb.replace':
    case 'fdb.del':
      return [printFdb(op)];
    case 'sysctl.set':
      return [inNetns(op.netns, `sysctl -w ${quoteWord(`${op.key}=${op.value}`)}`)];
    case 'ipset.create':
    case 'ipset.add':
    case 'ipset.del':
    case 'ipset.destroy':
    case 'ipset.flush':
    case 'ipset.swap':
    case 'ipset.rename':
      return [inNetns(op.netns, printIpset(op))];
    case 'conntrack.delete':
      return [inNetns(op.netns, printConntrack(op))];
    case 'nft.add':
    case 'nft.create':
    case 'nft.insert':
    case 'nft.replace':
    case 'nft.delete':
    case 'nft.destroy':
    case 'nft.flush':
    case 'nft.rename':
      return [inNetns(op.netns, `nft ${quoteWord(printNftOp(op))}`)];
    default:
      return [inNetns(op.netns, printIptables(op))];
  }
}

function words(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' ');
}

function option(name: string, value: string | number | undefined): string {
  return value === undefined ? '' : `${name} ${value}`;
}

function onOff(name: string, value: boolean | undefined): string {
  return value === undefined ? '' : `${name} ${value ? 'on' : 'off'}`;
}

function verbOf(op: string): string {
  return op.slice(op.indexOf('.') + 1);
}

function ip(op: { readonly netns?: string }): string {
  return op.netns === undefined || op.netns === '' ? 'ip' : `ip -n ${op.netns}`;
}

function bridge(op: { readonly netns?: string }): string {
  return op.netns === undefined || op.netns === '' ? 'bridge' : `bridge -n ${op.netns}`;
}

function inNetns(netns: string | undefined, command: string): string {
  return netns === undefined || netns === '' ? command : `ip netns exec ${netns} ${command}`;
}

/** The host's own namespace is that of process 1. */
function netnsWord(netns: string | undefined): string {
  return netns === undefined ? '' : `netns ${netns === '' ? '1' : netns}`;
}

function printLink(op: LinkOp): string {
  switch (op.op) {
    case 'link.add': {
      const parent = op.spec.type === 'macvlan' ? `link ${op.spec.parent}` : '';
      const mac = op.mac === undefined ? '' : `address ${formatMac(op.mac)}`;
      const mtu = option('mtu', op.mtuBytes);
      return words(ip(op), 'link add', parent, op.name, mac, mtu, printSpec(op.spec));
    }
    case 'link.set': {
      const master = op.master === null ? 'nomaster' : option('master', op.master);
      return words(
        ip(op),
        `link set dev ${op.name}`,
        op.mac === undefined ? '' : `address ${formatMac(op.mac)}`,
        option('mtu', op.mtuBytes),
        master,
        onOff('promisc', op.promisc),
        netnsWord(op.toNetns),
        option('name', op.rename),
        op.up === undefined ? '' : op.up ? 'up' : 'down',
      );
    }
    case 'link.del':
      return words(ip(op), 'link del', op.name);
    case 'bridge.port':
      return words(
        bridge(op),
        `link set dev ${op.name}`,
        onOff('hairpin', op.hairpin),
        onOff('isolated', op.isolated),
        onOff('learning', op.learning),
        option('state', op.state),
      );
  }
}

function printSpec(spec: LinkSpec): string {
  switch (spec.type) {
    case 'dummy':
    case 'bridge':
      return `type ${spec.type}`;
    case 'veth': {
      const { peer } = spec;
      const mac = peer.mac === undefined ? '' : `address ${formatMac(peer.mac)}`;
      const mtu = option('mtu', peer.mtuBytes);
      return words(`type veth peer name ${peer.name}`, mac, mtu, netnsWord(peer.netns));
    }
    case 'vxlan':
      return words(
        `type vxlan id ${spec.vni}`,
        spec.local === undefined ? '' : `local ${formatIp(spec.local)}`,
        option('dev', spec.dev),
        `dstport ${spec.dstPort}`,
        spec.learning ? 'learning' : 'nolearning',
      );
    case 'macvlan':
      return `type macvlan mode ${spec.mode}`;
  }
}

function tableName(table: number): string {
  return Object.keys(ROUTE_TABLES).find((name) => ROUTE_TABLES[name] === table) ?? `${table}`;
}

function printRoute(op: RouteOp): string {
  const six = !isCidr4(op.dst);
  const dst = op.dst.prefixLength === 0 ? 'default' : formatCidr(op.dst);
  // `via inet6` names a next hop of the other family (RFC 5549).
  const across = op.via !== undefined && !six && !isIpv4(op.via) ? 'inet6 ' : '';
  return words(
    ip(op) + (six ? ' -6' : ''),
    `route ${verbOf(op.op)}`,
    op.type === undefined ? '' : op.type,
    dst,
    op.via === undefined ? '' : `via ${across}${formatIp(op.via)}`,
    option('dev', op.dev),
    op.src === undefined ? '' : `src ${formatIp(op.src)}`,
    option('metric', op.metric),
    option('mtu', op.mtuBytes),
    option('scope', op.scope),
    op.table === undefined ? '' : `table ${tableName(op.table)}`,
    op.onlink === true ? 'onlink' : '',
    option('proto', op.proto),
  );
}

function printPolicyRule(op: RuleOp): string {
  const block = op.from ?? op.to;
  const six = op.family === 'ipv6' || (block !== undefined && !isCidr4(block));
  const mask = op.fwmask === undefined ? '' : `/0x${op.fwmask.toString(16)}`;
  return words(
    ip(op) + (six ? ' -6' : ''),
    `rule ${verbOf(op.op)}`,
    op.not === true ? 'not' : '',
    `priority ${op.priority}`,
    op.from === undefined ? '' : `from ${formatCidr(op.from)}`,
    op.to === undefined ? '' : `to ${formatCidr(op.to)}`,
    op.fwmark === undefined ? '' : `fwmark 0x${op.fwmark.toString(16)}${mask}`,
    option('iif', op.iif),
    option('oif', op.oif),
    op.action ?? `table ${tableName(op.table)}`,
    option('suppress_prefixlength', op.suppressPrefixLength),
  );
}

function printFdb(op: FdbOp): string {
  const own = op.self === true ? 'self permanent' : 'master static';
  const where = op.dst === undefined ? own : `dst ${formatIp(op.dst)} self permanent`;
  return words(bridge(op), `fdb ${verbOf(op.op)} ${formatMac(op.mac)} dev ${op.dev}`, where);
}

function printConntrack(op: ConntrackOp): string {
  const proto = PROTO_NAMES.find(([, number]) => number === op.proto)?.[0] ?? op.proto;
  const address = (name: string, value: Ip | 'any' | undefined): string =>
    value === undefined ? '' : value === 'any' ? name : `${name} ${formatIp(value)}`;
  const options = words(
    option('-f', op.family),
    option('-p', proto),
    address('--orig-src', op.origSrc),
    address('--orig-dst', op.origDst),
    option('--orig-port-src', op.origSrcPort),
    option('--orig-port-dst', op.origDstPort),
    address('--reply-src', op.replySrc),
    address('--reply-dst', op.replyDst),
    option('--reply-port-src', op.replySrcPort),
    option('--reply-port-dst', op.replyDstPort),
    option('--state', op.state),
    option('--mark', op.mark),
    option('--status', op.status),
    address('--src-nat', op.srcNat),
    address('--dst-nat', op.dstNat),
  );
  return options === '' ? 'conntrack -F' : words('conntrack -D', options);
}

function printIptables(op: IptablesOp): string {
  const tool = op.family === 'ipv4' ? 'iptables' : 'ip6tables';
  if (op.op === 'iptables.restore') {
    const text = op.noflush
      ? printRestoreNoflush(op.tables, op.family)
      : printIptablesSave(op.tables, op.family);
    return `${tool}-restore ${op.noflush ? '--noflush ' : ''}<<'EOF'\n${text}EOF`;
  }
  const start = `${tool} -t ${op.table}`;
  switch (op.op) {
    case 'iptables.append':
      return words(`${start} -A ${op.chain}`, printRule(op.rule, op.family));
    case 'iptables.insert':
      return words(
        `${start} -I ${op.chain}`,
        option('', op.position).trim(),
        printRule(op.rule, op.family),
      );
    case 'iptables.replace':
      return words(`${start} -R ${op.chain} ${op.position ?? 1}`, printRule(op.rule, op.family));
    case 'iptables.delete':
      return words(`${start} -D ${op.chain}`, printRule(op.rule, op.family));
    case 'iptables.delete-number':
      return `${start} -D ${op.chain} ${op.position}`;
    case 'iptables.rename-chain':
      return `${start} -E ${op.chain} ${op.to}`;
    case 'iptables.zero':
      return words(
        `${start} -Z`,
        op.chain ?? '',
        op.position === undefined ? '' : `${op.position}`,
      );
    case 'iptables.policy':
      return `${start} -P ${op.chain} ${op.policy}`;
    case 'iptables.new-chain':
      return `${start} -N ${op.chain}`;
    case 'iptables.flush':
      return words(`${start} -F`, op.chain ?? '');
    case 'iptables.delete-chain':
      return words(`${start} -X`, op.chain ?? '');
  }
}
