import { type Cidr, formatCidr, type Ip, isCidr4, isIpv4 } from '../../addr/index.js';
import type { NetDevice } from '../link/device.js';
import { TABLE } from '../netns/fib.js';
import type { NetNamespace } from '../netns/namespace.js';
import { RouteEntry } from '../netns/route.js';
import type { RouteOp, RuleOp } from '../ops.js';
import { nextHop6 } from './next-hop6.js';
import { extack, isFailure, type OpFailure, rtnetlink, type Transaction } from './transaction.js';

/** `ip route add|replace|del`. */
export function applyRoute(transaction: Transaction, op: RouteOp): OpFailure | undefined {
  const netns = transaction.netns(op.netns);
  if (isFailure(netns)) return netns;
  const device = op.dev === undefined ? undefined : netns.device(op.dev);
  if (op.dev !== undefined && device === undefined) {
    return { errno: 'ENODEV', message: `Cannot find device "${op.dev}"` };
  }
  if (op.op === 'route.del') return removeRoute(transaction, netns, op, device);
  const made = makeRoute(netns, op, device);
  if (isFailure(made)) return made;
  const { fib } = netns;
  const same = fib.at(made.table, made.dst).filter((entry) => entry.metric === made.metric);
  if (op.op === 'route.add' && same.length > 0) return rtnetlink('EEXIST');
  const before = [...fib.at(made.table, made.dst)];
  const [replaced] = same;
  if (replaced !== undefined) fib.remove(replaced);
  fib.add(made);
  netns.exceptions.clear();
  transaction.undo(() => fib.restoreAt(made.table, made.dst, before));
  return undefined;
}

/** `ip rule add|del`. */
export function applyRule(transaction: Transaction, op: RuleOp): OpFailure | undefined {
  const netns = transaction.netns(op.netns);
  if (isFailure(netns)) return netns;
  const { fib } = netns;
  const { op: verb, netns: _, family: said, ...rule } = op;
  const block = rule.from ?? rule.to;
  const family = said ?? (block === undefined || isCidr4(block) ? 'ipv4' : 'ipv6');
  const before = fib.rulesOf(family);
  const same = before.find(
    (other) =>
      other.priority === rule.priority &&
      other.table === rule.table &&
      other.fwmark === rule.fwmark &&
      other.iif === rule.iif &&
      other.oif === rule.oif &&
      other.action === rule.action &&
      other.suppressPrefixLength === rule.suppressPrefixLength &&
      (other.not ?? false) === (rule.not ?? false) &&
      sameBlock(other.from, rule.from) &&
      sameBlock(other.to, rule.to),
  );
  if (verb === 'rule.add') {
    if (same !== undefined) return rtnetlink('EEXIST');
    fib.setRules(family, [...before, rule]);
  } else {
    if (same === undefined) return rtnetlink('ENOENT');
    fib.setRules(
      family,
      before.filter((other) => other !== same),
    );
  }
  netns.exceptions.clear();
  transaction.undo(() => {
    fib.setRules(family, before);
  });
  return undefined;
}

function removeRoute(
  transaction: Transaction,
  netns: NetNamespace,
  op: RouteOp,
  device: NetDevice | undefined,
): OpFailure | undefined {
  const { fib } = netns;
  const found = fib
    .at(op.table ?? TABLE.main, op.dst)
    .find(
      (entry) =>
        (op.via === undefined || entry.via === op.via) &&
        (device === undefined || entry.dev === device) &&
        (op.metric === undefined || entry.metric === op.metric) &&
        (op.type === undefined || entry.type === op.type) &&
        (op.src === undefined || entry.prefSrc === op.src),
    );
  if (found === undefined) return rtnetlink('ESRCH');
  const before = [...fib.at(found.table, found.dst)];
  fib.remove(found);
  netns.exceptions.clear();
  transaction.undo(() => fib.restoreAt(found.table, found.dst, before));
  return undefined;
}

/** Metric of IPv6 routes that none was given for (IP6_RT_PRIO_USER). */
const USER_METRIC6 = 1024;

function makeRoute(
  netns: NetNamespace,
  op: RouteOp,
  device: NetDevice | undefined,
): RouteEntry | OpFailure {
  const type = op.type ?? 'unicast';
  const table = op.table ?? (type === 'local' || type === 'broadcast' ? TABLE.local : TABLE.main);
  const six = !isCidr4(op.dst);
  const common = {
    table,
    dst: op.dst,
    type,
    src: op.src,
    metric: six ? op.metric || USER_METRIC6 : op.metric,
    mtuBytes: op.mtuBytes,
    onlink: op.onlink,
    proto: op.proto ?? 'boot',
  } as const;
  if (op.src !== undefined && !netns.ip.isLocal(op.src)) {
    return extack('EINVAL', six ? 'Invalid source address.' : 'Invalid prefsrc address.');
  }
  if (type === 'unreachable' || type === 'prohibit' || type === 'blackhole' || type === 'throw') {
    if (isCidr4(op.dst) && (op.via !== undefined || device !== undefined)) {
      const text = 'Gateway, device and multipath can not be specified for this route type.';
      return extack('EINVAL', text);
    }
    return new RouteEntry({ ...common, scope: op.scope ?? 'global' });
  }
  const scope = op.scope ?? (type === 'local' ? 'host' : op.via === undefined ? 'link' : 'global');
  if (six) {
    const way = nextHop6(netns, op, device);
    return isFailure(way) ? way : new RouteEntry({ ...common, ...way, scope });
  }
  if (op.via !== undefined) return throughGateway(netns, { ...op, via: op.via }, device, common);
  if (device === undefined) return extack('ENODEV', 'Device for nexthop is not specified.');
  if (!device.up && type !== 'local') return extack('ENETDOWN', 'Device for nexthop is not up.');
  return new RouteEntry({ ...common, dev: device, scope });
}

/** fib_check_nh_v4_gw: the gateway must be on a link of this host, or said to be. */
function throughGateway(
  netns: NetNamespace,
  op: RouteOp & { readonly via: Ip },
  device: NetDevice | undefined,
  common: Omit<ConstructorParameters<typeof RouteEntry>[0], 'scope' | 'dev' | 'via'>,
): RouteEntry | OpFailure {
  const { via } = op;
  if (isIpv4(via) !== isCidr4(op.dst)) {
    return extack(
      'EINVAL',
      `inet${isIpv4(via) ? '' : '6'} is expected rather than "${formatCidr(op.dst)}".`,
    );
  }
  if (op.onlink === true) {
    if (device === undefined) return extack('ENODEV', 'Nexthop device required for onlink.');
    if (!device.up) return extack('ENETDOWN', 'Nexthop device is not up.');
    return new RouteEntry({ ...common, dev: device, via, scope: op.scope ?? 'global' });
  }
  if (netns.ip.isLocal(via)) return extack('EINVAL', 'Nexthop has invalid gateway.');
  const way = netns.fib.lookupFor({
    dst: via,
    src: undefined,
    iif: undefined,
    oif: device,
    mark: 0,
  });
  if (
    way === undefined ||
    way.type !== 'unicast' ||
    way.via !== undefined ||
    way.dev === undefined
  ) {
    return extack('ENETUNREACH', 'Nexthop has invalid gateway.');
  }
  if (!way.dev.up) return extack('ENETDOWN', 'Nexthop device is not up.');
  return new RouteEntry({ ...common, dev: way.dev, via, scope: op.scope ?? 'global' });
}

function sameBlock(a: Cidr | undefined, b: Cidr | undefined): boolean {
  return a?.network === b?.network && a?.prefixLength === b?.prefixLength;
}
