import { type Cidr, formatCidr, formatIp, type Ip, isCidr4, isIpv4 } from '../../addr/index.js';
import type { RouteResult } from '../contract.js';
import type { DropReason } from '../drop.js';
import type { Errno } from '../errno.js';
import type { NetDevice } from '../link/device.js';
import type { RouteType } from '../ops.js';
import { selectAddress } from './address.js';
import { type RouteScope, SCOPE } from './scope.js';

/**
 * Who put a route there (RTPROT_*): `kernel` with an address, `boot` a person who did not say, else a name of
 * /etc/iproute2/rt_protos or a number.
 */
export type RouteProto = string;

/** What a route is made from. */
export interface RouteInit {
  readonly table: number;
  readonly dst: Cidr;
  readonly type: RouteType;
  readonly dev?: NetDevice | undefined;
  readonly via?: Ip | undefined;
  readonly src?: Ip | undefined;
  readonly metric?: number | undefined;
  readonly mtuBytes?: number | undefined;
  readonly onlink?: boolean | undefined;
  readonly scope: RouteScope;
  readonly proto: RouteProto;
}

/** A route of a table; also what a lookup answers, so that finding one allocates nothing. */
export class RouteEntry implements RouteResult {
  readonly table: number;
  readonly dst: Cidr;
  readonly type: RouteType;
  readonly dev: NetDevice | undefined;
  readonly via: Ip | undefined;
  /** `src` as given; `src` (below) falls back to an address of the device. */
  readonly prefSrc: Ip | undefined;
  readonly metric: number;
  readonly routeMtuBytes: number;
  readonly onlink: boolean;
  readonly scope: RouteScope;
  readonly proto: RouteProto;
  private chosen: Ip | undefined = undefined;
  private chosenAt = -1;

  constructor(init: RouteInit) {
    this.table = init.table;
    this.dst = init.dst;
    this.type = init.type;
    this.dev = init.dev;
    this.via = init.via;
    this.prefSrc = init.src;
    this.metric = init.metric ?? 0;
    this.routeMtuBytes = init.mtuBytes ?? 0;
    this.onlink = init.onlink ?? false;
    this.scope = init.scope;
    this.proto = init.proto;
  }

  get mtuBytes(): number {
    if (this.routeMtuBytes > 0) return this.routeMtuBytes;
    if (this.dev === undefined) return 65535;
    // What is for this host itself goes over lo.
    return this.type === 'local' ? this.dev.netns.loopback.mtuBytes : this.dev.mtuBytes;
  }

  get src(): Ip | undefined {
    if (this.prefSrc !== undefined) return this.prefSrc;
    const { dev } = this;
    if (dev === undefined || !isCidr4(this.dst)) return undefined;
    const { generation } = dev.netns.fib;
    if (this.chosenAt !== generation) {
      const towards = this.via !== undefined && isIpv4(this.via) ? this.via : undefined;
      this.chosen = selectAddress(dev, towards, SCOPE[this.scope]);
      this.chosenAt = generation;
    }
    return this.chosen;
  }

  /** Whether an address gave rise to this kernel route. */
  owns(address: Ip): boolean {
    if (this.prefSrc === address) return true;
    return this.table === 255 && this.dst.network === address;
  }

  text(): string {
    return `${this.line()} in table ${tableName(this.table)}`;
  }

  /** One line of `ip route show`, without the table. */
  line(): string {
    return isCidr4(this.dst) ? this.line4() : this.line6();
  }

  private line4(): string {
    const type = this.type === 'unicast' ? '' : `${this.type} `;
    let text = `${type}${this.dst.prefixLength === 0 ? 'default' : prefixText(this.dst)}`;
    if (this.via !== undefined) text += ` via ${formatIp(this.via)}`;
    if (this.dev !== undefined) text += ` dev ${this.dev.name}`;
    if (this.proto !== 'boot') text += ` proto ${this.proto}`;
    if (this.scope !== 'global') text += ` scope ${this.scope}`;
    if (this.prefSrc !== undefined) text += ` src ${formatIp(this.prefSrc)}`;
    if (this.metric !== 0) text += ` metric ${this.metric}`;
    if (this.dev?.up === true && !this.dev.carrier) text += ' linkdown';
    if (this.onlink) text += ' onlink';
    if (this.routeMtuBytes > 0) text += ` mtu ${this.routeMtuBytes}`;
    return text;
  }

  /** Routes without a device of their own are shown with lo, and every metric and preference is. */
  private line6(): string {
    const type = this.type === 'unicast' ? '' : `${this.type} `;
    let text = `${type}${this.dst.prefixLength === 0 ? 'default' : prefixText(this.dst)}`;
    if (this.via !== undefined) text += ` via ${formatIp(this.via)}`;
    text += ` dev ${this.dev?.name ?? 'lo'}`;
    if (this.proto === 'kernel') text += ' proto kernel';
    if (this.prefSrc !== undefined) text += ` src ${formatIp(this.prefSrc)}`;
    text += ` metric ${this.metric}`;
    if (this.dev?.up === true && !this.dev.carrier) text += ' linkdown';
    if (this.onlink) text += ' onlink';
    if (this.routeMtuBytes > 0) text += ` mtu ${this.routeMtuBytes}`;
    return `${text} pref medium`;
  }
}

/** What a route of this type gives as error, both families (fib_props, fib6_prop). */
export function errorOf(type: RouteType | 'none'): Errno {
  switch (type) {
    case 'unreachable':
      return 'EHOSTUNREACH';
    case 'prohibit':
      return 'EACCES';
    case 'blackhole':
      return 'EINVAL';
    default:
      return 'ENETUNREACH';
  }
}

/** Why a packet ends at a route of this type. */
export function dropOf(type: RouteType | 'none'): DropReason {
  switch (type) {
    case 'unreachable':
      return 'route-unreachable';
    case 'prohibit':
      return 'route-prohibit';
    case 'blackhole':
      return 'route-blackhole';
    default:
      return 'no-route';
  }
}

/** Names of /etc/iproute2/rt_tables, else the number. */
export function tableName(table: number): string {
  switch (table) {
    case 255:
      return 'local';
    case 254:
      return 'main';
    case 253:
      return 'default';
    default:
      return String(table);
  }
}

function prefixText(block: Cidr): string {
  const whole = isCidr4(block) ? 32 : 128;
  return block.prefixLength === whole ? formatIp(block.network) : formatCidr(block);
}
