/** Effective IPv4 settings of a device, `all` folded in as Linux does (IN_DEV_*CONF in inetdevice.h). */
export interface DeviceConf {
  readonly forwarding: boolean;
  readonly rpFilter: number;
  readonly arpIgnore: number;
  readonly arpAnnounce: number;
  readonly arpAccept: number;
  readonly proxyArp: boolean;
  readonly routeLocalnet: boolean;
  readonly acceptLocal: boolean;
  readonly sendRedirects: boolean;
  readonly acceptRedirects: boolean;
  readonly sharedMedia: boolean;
}

/** How `conf.all` and `conf.DEV` combine. */
type Fold = 'max' | 'or' | 'and' | 'device';

/** Per-device IPv4 settings: default and how they fold. */
const CONF4: ReadonlyMap<string, readonly [number, Fold]> = new Map([
  ['forwarding', [0, 'device']],
  ['rp_filter', [0, 'max']],
  ['arp_ignore', [0, 'max']],
  ['arp_announce', [0, 'max']],
  ['arp_filter', [0, 'or']],
  ['arp_accept', [0, 'max']],
  ['arp_notify', [0, 'max']],
  ['proxy_arp', [0, 'or']],
  ['proxy_arp_pvlan', [0, 'device']],
  ['route_localnet', [0, 'or']],
  ['accept_local', [0, 'or']],
  ['accept_source_route', [1, 'and']],
  ['accept_redirects', [1, 'or']],
  ['secure_redirects', [1, 'or']],
  ['send_redirects', [1, 'or']],
  ['shared_media', [1, 'or']],
  ['log_martians', [0, 'or']],
  ['src_valid_mark', [0, 'or']],
  ['promote_secondaries', [0, 'or']],
  ['disable_policy', [0, 'device']],
  ['disable_xfrm', [0, 'device']],
  ['ignore_routes_with_linkdown', [0, 'or']],
]);

/** Per-device IPv6 settings. */
const CONF6: ReadonlyMap<string, readonly [number, Fold]> = new Map([
  ['disable_ipv6', [0, 'device']],
  ['forwarding', [0, 'device']],
  ['accept_ra', [1, 'device']],
  ['accept_redirects', [1, 'device']],
  ['accept_dad', [1, 'device']],
  ['autoconf', [1, 'device']],
  ['dad_transmits', [1, 'device']],
  ['proxy_ndp', [0, 'device']],
  ['hop_limit', [64, 'device']],
  ['mtu', [1500, 'device']],
  ['addr_gen_mode', [0, 'device']],
]);

/** Neighbour settings, for both families. */
const NEIGH: ReadonlyMap<string, readonly [number, Fold]> = new Map([
  ['mcast_solicit', [3, 'device']],
  ['ucast_solicit', [3, 'device']],
  ['app_solicit', [0, 'device']],
  ['retrans_time_ms', [1000, 'device']],
  ['base_reachable_time_ms', [30000, 'device']],
  ['delay_first_probe_time', [5, 'device']],
  ['gc_stale_time', [60, 'device']],
  ['unres_qlen', [101, 'device']],
  ['locktime', [100, 'device']],
  ['proxy_delay', [80, 'device']],
  ['proxy_qlen', [64, 'device']],
  ['gc_thresh1', [128, 'device']],
  ['gc_thresh2', [512, 'device']],
  ['gc_thresh3', [1024, 'device']],
]);

/** Settings of a whole namespace with their defaults; those of several numbers are text. */
const GLOBAL: ReadonlyMap<string, number | string> = new Map<string, number | string>([
  ['net.ipv4.ip_default_ttl', 64],
  ['net.ipv4.ip_no_pmtu_disc', 0],
  ['net.ipv4.ip_forward_use_pmtu', 0],
  ['net.ipv4.ip_nonlocal_bind', 0],
  ['net.ipv4.ip_dynaddr', 0],
  ['net.ipv4.ip_early_demux', 1],
  ['net.ipv4.ip_local_port_range', '32768\t60999'],
  ['net.ipv4.ip_local_reserved_ports', ''],
  ['net.ipv4.ip_unprivileged_port_start', 1024],
  ['net.ipv4.ping_group_range', '0\t2147483647'],
  ['net.ipv4.icmp_echo_ignore_all', 0],
  ['net.ipv4.icmp_echo_ignore_broadcasts', 1],
  ['net.ipv4.icmp_ignore_bogus_error_responses', 1],
  ['net.ipv4.icmp_errors_use_inbound_ifaddr', 0],
  ['net.ipv4.icmp_ratelimit', 1000],
  ['net.ipv4.icmp_ratemask', 6168],
  ['net.ipv4.icmp_msgs_per_sec', 1000],
  ['net.ipv4.icmp_msgs_burst', 50],
  ['net.ipv4.ipfrag_time', 30],
  ['net.ipv4.ipfrag_high_thresh', 4194304],
  ['net.ipv4.fwmark_reflect', 0],
  ['net.ipv4.fib_multipath_hash_policy', 0],
  ['net.ipv4.route.min_pmtu', 552],
  ['net.ipv4.route.mtu_expires', 600],
  ['net.ipv4.tcp_syn_retries', 6],
  ['net.ipv4.tcp_syn_linear_timeouts', 4],
  ['net.ipv4.tcp_synack_retries', 5],
  ['net.ipv4.tcp_retries1', 3],
  ['net.ipv4.tcp_retries2', 15],
  ['net.ipv4.tcp_orphan_retries', 0],
  ['net.ipv4.tcp_fin_timeout', 60],
  ['net.ipv4.tcp_tw_reuse', 2],
  ['net.ipv4.tcp_syncookies', 1],
  ['net.ipv4.tcp_max_syn_backlog', 128],
  ['net.ipv4.tcp_abort_on_overflow', 0],
  ['net.ipv4.tcp_timestamps', 1],
  ['net.ipv4.tcp_sack', 1],
  ['net.ipv4.tcp_window_scaling', 1],
  ['net.ipv4.tcp_mtu_probing', 0],
  ['net.ipv4.tcp_base_mss', 1024],
  ['net.ipv4.tcp_min_snd_mss', 48],
  ['net.ipv4.tcp_keepalive_time', 7200],
  ['net.ipv4.tcp_keepalive_intvl', 75],
  ['net.ipv4.tcp_keepalive_probes', 9],
  ['net.ipv4.tcp_rmem', '4096\t131072\t6291456'],
  ['net.ipv4.tcp_wmem', '4096\t16384\t4194304'],
  ['net.ipv4.tcp_ecn', 2],
  ['net.ipv4.tcp_fastopen', 1],
  ['net.ipv4.tcp_invalid_ratelimit', 500],
  ['net.ipv4.tcp_challenge_ack_limit', 2147483647],
  ['net.ipv4.tcp_congestion_control', 'cubic'],
  ['net.ipv4.udp_rmem_min', 4096],
  ['net.ipv4.udp_wmem_min', 4096],
  ['net.core.somaxconn', 4096],
  ['net.core.rmem_default', 212992],
  ['net.core.wmem_default', 212992],
  ['net.core.rmem_max', 212992],
  ['net.core.wmem_max', 212992],
  ['net.core.netdev_max_backlog', 1000],
  ['net.bridge.bridge-nf-call-iptables', 1],
  ['net.bridge.bridge-nf-call-ip6tables', 1],
  ['net.bridge.bridge-nf-call-arptables', 1],
  ['net.bridge.bridge-nf-filter-pppoe-tagged', 0],
  ['net.bridge.bridge-nf-filter-vlan-tagged', 0],
  ['net.bridge.bridge-nf-pass-vlan-input-dev', 0],
  ['net.netfilter.nf_conntrack_max', 262144],
  ['net.netfilter.nf_conntrack_buckets', 65536],
  ['net.netfilter.nf_conntrack_tcp_be_liberal', 0],
  ['net.netfilter.nf_conntrack_tcp_loose', 1],
  ['net.netfilter.nf_conntrack_tcp_max_retrans', 3],
  ['net.netfilter.nf_conntrack_tcp_timeout_syn_sent', 120],
  ['net.netfilter.nf_conntrack_tcp_timeout_syn_recv', 60],
  ['net.netfilter.nf_conntrack_tcp_timeout_established', 432000],
  ['net.netfilter.nf_conntrack_tcp_timeout_fin_wait', 120],
  ['net.netfilter.nf_conntrack_tcp_timeout_close_wait', 60],
  ['net.netfilter.nf_conntrack_tcp_timeout_last_ack', 30],
  ['net.netfilter.nf_conntrack_tcp_timeout_time_wait', 120],
  ['net.netfilter.nf_conntrack_tcp_timeout_close', 10],
  ['net.netfilter.nf_conntrack_tcp_timeout_max_retrans', 300],
  ['net.netfilter.nf_conntrack_tcp_timeout_unacknowledged', 300],
  ['net.netfilter.nf_conntrack_udp_timeout', 30],
  ['net.netfilter.nf_conntrack_udp_timeout_stream', 120],
  ['net.netfilter.nf_conntrack_icmp_timeout', 30],
  ['net.netfilter.nf_conntrack_icmpv6_timeout', 30],
  ['net.netfilter.nf_conntrack_generic_timeout', 600],
  ['net.netfilter.nf_conntrack_acct', 0],
  ['net.netfilter.nf_conntrack_checksum', 1],
  ['net.netfilter.nf_conntrack_log_invalid', 0],
  ['net.ipv6.bindv6only', 0],
  ['net.ipv6.ip_nonlocal_bind', 0],
  ['net.ipv6.icmp.ratelimit', 1000],
  ['net.ipv6.route.mtu_expires', 600],
  ['kernel.hostname', ''],
  ['kernel.shmmax', '18446744073692774399'],
  ['kernel.shmall', '18446744073692774399'],
  ['kernel.shmmni', 4096],
  ['kernel.msgmax', 8192],
  ['kernel.msgmnb', 16384],
  ['kernel.msgmni', 32000],
  ['fs.mqueue.msg_max', 10],
  ['fs.mqueue.msgsize_max', 8192],
  ['fs.mqueue.queues_max', 256],
  ['vm.overcommit_memory', 0],
]);

/** A key taken apart. */
type Key =
  | { readonly kind: 'global'; readonly key: string }
  | {
      readonly kind: 'device';
      /** `net.ipv4.conf`, `net.ipv6.conf`, `net.ipv4.neigh` or `net.ipv6.neigh`. */
      readonly tree: string;
      readonly device: string;
      readonly name: string;
      readonly defaultValue: number;
      readonly fold: Fold;
    };

/**
 * The settings of one namespace under /proc/sys. Only what differs from Linux's default is kept.
 *
 * Fidelity: `kernel.*`, `fs.mqueue.*` and the conntrack size belong to other namespaces or to the machine;
 * they are kept here too, one set per network namespace.
 */
export class SysctlTable {
  private readonly changed = new Map<string, number | string>();
  private readonly hasDevice: (name: string) => boolean;

  constructor(hasDevice: (name: string) => boolean) {
    this.hasDevice = hasDevice;
  }

  /** What differs from the default, in order of key: the text of `sysctl -w`. */
  differing(): readonly (readonly [string, string])[] {
    return [...this.changed].map(([key, value]) => [key, String(value)] as const).sort(byKey);
  }

  /** The value as /proc/sys shows it; undefined when there is no such file. */
  read(key: string): string | undefined {
    const parsed = this.parse(key);
    return parsed === undefined ? undefined : String(this.raw(parsed));
  }

  /** The value that counts: a device's IPv4 setting has `all` folded in. 0 for unknown keys and for text. */
  effective(key: string): number {
    const parsed = this.parse(key);
    if (parsed === undefined) return 0;
    const own = this.raw(parsed);
    if (parsed.kind === 'global' || parsed.device === 'all' || parsed.device === 'default') {
      return typeof own === 'number' ? own : Number.parseInt(own, 10) || 0;
    }
    return this.folded(parsed.tree, parsed.device, parsed.name, parsed.fold);
  }

  /** Whether the key exists. */
  has(key: string): boolean {
    return this.parse(key) !== undefined;
  }

  /**
   * Writes a value as text. Answers false when it is no number where one is needed (EINVAL). Who calls
   * makes sure that the key exists.
   */
  write(key: string, text: string): boolean {
    const parsed = this.parse(key);
    if (parsed === undefined) return false;
    const before = this.raw(parsed);
    const value = typeof before === 'number' ? parseWhole(text) : text.trim().replace(/\s+/g, '\t');
    if (value === undefined) return false;
    if (parsed.kind === 'device' && parsed.name === 'forwarding' && parsed.device !== 'default') {
      this.writeForwarding(parsed.tree, parsed.device, value === 0 ? 0 : 1);
      return true;
    }
    this.put(parsed, value);
    return true;
  }

  /** Everything that can be put back with `restore`. */
  save(): ReadonlyMap<string, number | string> {
    return new Map(this.changed);
  }

  restore(saved: ReadonlyMap<string, number | string>): void {
    this.changed.clear();
    for (const [key, value] of saved) this.changed.set(key, value);
  }

  /** A device appears: it starts with what `default` says now. */
  deviceAdded(name: string): void {
    for (const [tree, table] of TREES) {
      for (const [key, [builtIn]] of table) {
        const value = this.changed.get(`${tree}.default.${key}`);
        if (value !== undefined && value !== builtIn)
          this.changed.set(`${tree}.${name}.${key}`, value);
      }
    }
  }

  /** A device goes, or gets another name. */
  deviceRemoved(name: string, renamed?: string): void {
    for (const [tree, table] of TREES) {
      for (const key of table.keys()) {
        const value = this.changed.get(`${tree}.${name}.${key}`);
        if (value === undefined) continue;
        this.changed.delete(`${tree}.${name}.${key}`);
        if (renamed !== undefined) this.changed.set(`${tree}.${renamed}.${key}`, value);
      }
    }
  }

  /** A new namespace takes IPv4's `all` and `default` from the host's own (devconf_inherit_init_net=0). */
  inheritFrom(host: SysctlTable): void {
    for (const [key, value] of host.changed) {
      if (key.startsWith('net.ipv4.conf.all.') || key.startsWith('net.ipv4.conf.default.')) {
        this.changed.set(key, value);
      }
    }
  }

  /** The settings of a device that the packet path reads. */
  confOf(device: string): DeviceConf {
    if (this.changed.size === 0) return DEFAULT_CONF;
    const forwarding = this.conf4(device, 'forwarding') !== 0;
    const redirects = forwarding ? 'and' : 'or';
    return {
      forwarding,
      rpFilter: this.conf4(device, 'rp_filter'),
      arpIgnore: this.conf4(device, 'arp_ignore'),
      arpAnnounce: this.conf4(device, 'arp_announce'),
      arpAccept: this.conf4(device, 'arp_accept'),
      proxyArp: this.conf4(device, 'proxy_arp') !== 0,
      routeLocalnet: this.conf4(device, 'route_localnet') !== 0,
      acceptLocal: this.conf4(device, 'accept_local') !== 0,
      sendRedirects: this.conf4(device, 'send_redirects') !== 0,
      acceptRedirects: this.folded('net.ipv4.conf', device, 'accept_redirects', redirects) !== 0,
      sharedMedia: this.conf4(device, 'shared_media') !== 0,
    };
  }

  private conf4(device: string, name: string): number {
    const [, fold] = CONF4.get(name) ?? [0, 'device' as const];
    return this.folded('net.ipv4.conf', device, name, fold);
  }

  private folded(tree: string, device: string, name: string, fold: Fold): number {
    const own = this.number(tree, device, name);
    if (fold === 'device') return own;
    const all = this.number(tree, 'all', name);
    if (fold === 'max') return Math.max(own, all);
    const on = fold === 'or' ? own !== 0 || all !== 0 : own !== 0 && all !== 0;
    return on ? 1 : 0;
  }

  private number(tree: string, device: string, name: string): number {
    const value = this.changed.get(`${tree}.${device}.${name}`);
    if (typeof value === 'number') return value;
    return TREES.get(tree)?.get(name)?.[0] ?? 0;
  }

  private raw(key: Key): number | string {
    if (key.kind === 'device') return this.number(key.tree, key.device, key.name);
    return this.changed.get(key.key) ?? GLOBAL.get(key.key) ?? 0;
  }

  private put(key: Key, value: number | string): void {
    const name = key.kind === 'global' ? key.key : `${key.tree}.${key.device}.${key.name}`;
    const builtIn = key.kind === 'global' ? GLOBAL.get(key.key) : key.defaultValue;
    if (value === builtIn) this.changed.delete(name);
    else this.changed.set(name, value);
  }

  /** `all` reaches every device and `default` (inet_forward_change). */
  private writeForwarding(tree: string, device: string, value: number): void {
    if (device === 'all') {
      for (const key of [...this.changed.keys()]) {
        if (key.startsWith(`${tree}.`) && key.endsWith('.forwarding')) this.changed.delete(key);
      }
      for (const name of ['all', 'default', ...this.deviceNames()]) {
        if (value !== 0) this.changed.set(`${tree}.${name}.forwarding`, value);
      }
    } else if (value === 0) this.changed.delete(`${tree}.${device}.forwarding`);
    else this.changed.set(`${tree}.${device}.forwarding`, value);
  }

  /** Names of the devices; set by the namespace. */
  deviceNames: () => readonly string[] = () => [];

  private parse(written: string): Key | undefined {
    const key = written.includes('/') ? swapSeparators(written) : written;
    if (key === 'net.ipv4.ip_forward') return this.deviceKey('net.ipv4.conf', 'all', 'forwarding');
    if (GLOBAL.has(key)) return { kind: 'global', key };
    for (const tree of TREES.keys()) {
      if (!key.startsWith(`${tree}.`)) continue;
      const rest = key.slice(tree.length + 1);
      const dot = rest.lastIndexOf('.');
      return this.deviceKey(tree, rest.slice(0, dot), rest.slice(dot + 1));
    }
    return undefined;
  }

  private deviceKey(tree: string, device: string, name: string): Key | undefined {
    const known = TREES.get(tree)?.get(name);
    if (known === undefined) return undefined;
    const exists =
      device === 'default' ||
      (device === 'all' && !tree.endsWith('.neigh')) ||
      this.hasDevice(device);
    if (!exists) return undefined;
    return { kind: 'device', tree, device, name, defaultValue: known[0], fold: known[1] };
  }
}

const TREES: ReadonlyMap<string, ReadonlyMap<string, readonly [number, Fold]>> = new Map([
  ['net.ipv4.conf', CONF4],
  ['net.ipv6.conf', CONF6],
  ['net.ipv4.neigh', NEIGH],
  ['net.ipv6.neigh', NEIGH],
]);

const DEFAULT_CONF: DeviceConf = {
  forwarding: false,
  rpFilter: 0,
  arpIgnore: 0,
  arpAnnounce: 0,
  arpAccept: 0,
  proxyArp: false,
  routeLocalnet: false,
  acceptLocal: false,
  sendRedirects: true,
  acceptRedirects: true,
  sharedMedia: true,
};

/** sysctl(8) reads `net/ipv4/conf/eth0.100/rp_filter` too: slashes part, dots belong to names. */
function swapSeparators(key: string): string {
  return key.replace(/^\/?(proc\/sys\/)?/, '').replaceAll('/', '.');
}

function parseWhole(text: string): number | undefined {
  return /^\s*-?\d{1,10}\s*$/.test(text) ? Number.parseInt(text, 10) : undefined;
}

function byKey(a: readonly [string, string], b: readonly [string, string]): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
}
