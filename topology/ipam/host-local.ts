import { formatIp, type Ip, parseIp, parseIpWithPrefix } from '../addr/index.js';
import { fail, ok, type Result } from '../base/index.js';
import { type Allocation, Allocator, type Holder } from './allocator.js';
import { canonicalSet, type Range, type RangeConfig, rangesOverlap } from './ranges.js';
import { type Reservation, ReservationStore } from './store.js';

/** A route that the plugin hands on to the container. */
export interface IpamRoute {
  readonly dst: string;
  readonly gw?: string;
}

/** The `ipam` part of a network configuration. */
export interface HostLocalConfig {
  readonly ranges?: readonly (readonly RangeConfig[])[];
  /** The older form: one range beside the other fields. */
  readonly range?: RangeConfig;
  readonly routes?: readonly IpamRoute[];
}

/** What a runtime asks of the plugin. */
export interface HostLocalRequest extends Holder {
  /** CNI_ARGS: `IP=10.244.1.50;IgnoreUnknown=1`. */
  readonly args?: string;
  /** `runtimeConfig.ips`, with or without prefix length. */
  readonly ips?: readonly string[];
}

/** One address of an ADD. */
export interface IpamAddress {
  readonly address: Ip;
  readonly prefixLength: number;
  readonly gateway: Ip;
}

/** An error of the CNI specification. */
export interface IpamError {
  readonly code: number;
  readonly msg: string;
  readonly details: string;
}

/** CNI error codes: ErrInvalidEnvironmentVariables, ErrInternal. */
const INVALID_ENVIRONMENT = 4;
const INTERNAL = 999;

/** Arguments of CNI_ARGS that every plugin knows, with this plugin's own. */
const KNOWN_ARGS: ReadonlySet<string> = new Set(['IP', 'IgnoreUnknown']);

/**
 * The host-local IPAM plugin for one network: an address of each range set for each container, kept on the node.
 *
 * Source: containernetworking/plugins `plugins/ipam/host-local`.
 */
export class HostLocal {
  private readonly config: HostLocalConfig;
  private readonly store = new ReservationStore();

  constructor(config: HostLocalConfig) {
    this.config = config;
  }

  /** ADD: one address of each range set. A failure gives back what was taken, but the searches go on from there. */
  add(
    request: HostLocalRequest,
  ): Result<
    { readonly ips: readonly IpamAddress[]; readonly routes: readonly IpamRoute[] },
    IpamError
  > {
    const loaded = this.load(request);
    if (!loaded.ok) return loaded;
    const { sets, requested } = loaded.value;
    const { containerId, ifname } = request;
    const holder = { containerId, ifname };
    const ips: IpamAddress[] = [];
    const wanted = new Set(requested);
    for (const [index, ranges] of sets.entries()) {
      const taken = this.take(new Allocator(ranges, this.store, index), holder, wanted);
      if (!taken.ok) {
        if (ips.length > 0) this.store.release(holder);
        return fail(internal(`failed to allocate for range ${index}: ${taken.error}`));
      }
      const { address, range } = taken.value;
      ips.push({ address, prefixLength: range.subnet.prefixLength, gateway: range.gateway });
    }
    if (wanted.size > 0) {
      this.store.release(holder);
      const left = Array.from(wanted, formatIp).join(' ');
      return fail(internal(`failed to allocate all requested IPs: ${left}`));
    }
    return ok({ ips, routes: this.config.routes ?? [] });
  }

  /** DEL: gives back what the container has; twice is fine. Fails only when the configuration does. */
  del(request: HostLocalRequest): Result<void, IpamError> {
    const loaded = this.load(request);
    if (!loaded.ok) return loaded;
    const { containerId, ifname } = request;
    this.store.release({ containerId, ifname });
    return ok(undefined);
  }

  /** CHECK: fails when the container has no address. */
  check(request: HostLocalRequest): Result<void, IpamError> {
    const loaded = this.load(request);
    if (!loaded.ok) return loaded;
    if (this.store.heldBy(request).length > 0) return ok(undefined);
    const who = request.containerId;
    return fail(internal(`host-local: Failed to find address added by container ${who}`));
  }

  /** The address that was given last of the first range set. */
  get lastAddress(): Ip | undefined {
    return this.store.lastReserved(0);
  }

  /** Lets the next search of the first range set begin after an address. */
  continueAfter(address: Ip): void {
    this.store.continueAfter(0, address);
  }

  /** Every reservation, in order of address. */
  reservations(): readonly Reservation[] {
    return this.store.reservations();
  }

  /** The files of /var/lib/cni/networks/NAME, by name. */
  files(): ReadonlyMap<string, string> {
    return this.store.files();
  }

  /** A requested address is taken from the first set that has it; who asks for none of a set gets the next. */
  private take(allocator: Allocator, holder: Holder, wanted: Set<Ip>): Result<Allocation, string> {
    for (const address of wanted) {
      const range = allocator.rangeFor(address);
      if (range === undefined) continue;
      wanted.delete(address);
      return allocator.reserve(holder, address, range);
    }
    return allocator.reserveNext(holder);
  }

  /** Reads the configuration as each call of the plugin does (LoadIPAMConfig). */
  private load({
    containerId,
    args,
    ips,
  }: HostLocalRequest): Result<
    { readonly sets: readonly (readonly Range[])[]; readonly requested: readonly Ip[] },
    IpamError
  > {
    if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(containerId)) {
      const msg = 'invalid characters in containerID';
      return fail({ code: INVALID_ENVIRONMENT, msg, details: containerId });
    }
    const fromArgs = readArgs(args ?? '');
    if (!fromArgs.ok) return fail(internal(fromArgs.error));
    const fromRuntime = readIps(ips ?? []);
    if (!fromRuntime.ok) return fail(internal(fromRuntime.error));
    const sets = this.sets();
    if (!sets.ok) return fail(internal(sets.error));
    return ok({ sets: sets.value, requested: [...fromArgs.value, ...fromRuntime.value] });
  }

  private sets(): Result<readonly (readonly Range[])[], string> {
    const { range, ranges = [] } = this.config;
    const configs = range === undefined ? ranges : [[range], ...ranges];
    if (configs.length === 0) return fail('no IP ranges specified');
    const sets: (readonly Range[])[] = [];
    for (const [index, config] of configs.entries()) {
      const set = canonicalSet(config);
      if (!set.ok) return fail(`invalid range set ${index}: ${set.error}`);
      const other = sets.findIndex((before) =>
        before.some((one) => set.value.some((two) => rangesOverlap(one, two))),
      );
      if (other >= 0) return fail(`range set ${other} overlaps with ${index}`);
      sets.push(set.value);
    }
    return ok(sets);
  }
}

/** Reads `KEY=VALUE;KEY=VALUE` (types.LoadArgs). */
function readArgs(args: string): Result<readonly Ip[], string> {
  const pairs = args === '' ? [] : args.split(';');
  const unknown: string[] = [];
  const addresses: Ip[] = [];
  let ignoresUnknown = false;
  for (const pair of pairs) {
    const [key = '', value, more] = pair.split('=');
    if (value === undefined || more !== undefined) return fail(`ARGS: invalid pair "${pair}"`);
    if (!KNOWN_ARGS.has(key)) unknown.push(`"${pair}"`);
    if (key === 'IgnoreUnknown') ignoresUnknown = /^(1|t|true)$/i.test(value);
    if (key !== 'IP') continue;
    const address = parseIp(value);
    if (!address.ok) {
      const why = `invalid IP address ${value}`;
      return fail(`ARGS: error parsing value of pair "${pair}": ${why}`);
    }
    addresses.push(address.value);
  }
  if (unknown.length > 0 && !ignoresUnknown) {
    return fail(`ARGS: unknown args [${unknown.join(' ')}]`);
  }
  return ok(addresses);
}

function readIps(texts: readonly string[]): Result<readonly Ip[], string> {
  const addresses: Ip[] = [];
  for (const text of texts) {
    const parsed = text.includes('/') ? parseIpWithPrefix(text) : parseIp(text);
    if (!parsed.ok) return fail(`invalid IP address ${text}`);
    addresses.push(typeof parsed.value === 'object' ? parsed.value.address : parsed.value);
  }
  return ok(addresses);
}

function internal(msg: string): IpamError {
  return { code: INTERNAL, msg, details: '' };
}
