import { formatCidr, type Ip, isIpv4, isLinkLocal6 } from '../../addr/index.js';
import type { NetDevice } from '../link/device.js';
import type { NetNamespace } from '../netns/namespace.js';
import type { RouteOp } from '../ops.js';
import { extack, isFailure, type OpFailure, rtnetlink } from './transaction.js';

/** Where an IPv6 route leads. */
export interface NextHop6 {
  readonly dev: NetDevice;
  readonly via: Ip | undefined;
}

/** Checks device and gateway of an IPv6 route as the kernel does (fib6_nh_init, ip6_validate_gw). */
export function nextHop6(
  netns: NetNamespace,
  op: RouteOp,
  device: NetDevice | undefined,
): NextHop6 | OpFailure {
  const { via } = op;
  const dev = via === undefined ? device : deviceOfGateway(netns, op, device, via);
  if (dev === undefined) return rtnetlink('ENODEV');
  if (isFailure(dev)) return dev;
  if (!dev.up) return extack('ENETDOWN', 'Nexthop device is not up.');
  if (dev.conf6.disableIpv6) return extack('EACCES', 'IPv6 is disabled on nexthop device.');
  return { dev, via };
}

function deviceOfGateway(
  netns: NetNamespace,
  op: RouteOp,
  device: NetDevice | undefined,
  via: Ip,
): NetDevice | OpFailure {
  if (isIpv4(via)) {
    return extack('EINVAL', `inet is expected rather than "${formatCidr(op.dst)}".`);
  }
  if (op.onlink === true) {
    return device ?? extack('ENODEV', 'Nexthop device required for onlink.');
  }
  if (netns.ip.isLocal(via)) return extack('EINVAL', 'Gateway can not be a local address.');
  if (isLinkLocal6(via)) return device ?? extack('EINVAL', 'Egress device not specified.');
  const oif = device;
  const way = netns.fib.lookupFor({ dst: via, src: undefined, iif: undefined, oif, mark: 0 });
  const onLink = way?.type === 'unicast' && way.via === undefined;
  return (onLink ? way.dev : undefined) ?? rtnetlink('EHOSTUNREACH');
}
