import { CONF4, type Fold, GLOBAL, LIMITS, PAIRS, TREES } from './sysctl-keys.js';

/** Effective IPv4 settings of a device, `all` folded in as Linux does (IN_DEV_*CONF in inetdevice.h). */
export interface DeviceConf {
  readonly forwarding: boolean;
  readonly rpFilter: number;
  readonly arpIgnore: number;
  readonly arpAnnounce: number;
  readonly arpAccept: number;
  readonly proxyArp: boolean;
  readonly routeLocalnet: boolean;
  /** The way back is looked up with the packet's mark. */
  readonly srcValidMark: boolean;
  readonly acceptLocal: boolean;
  readonly sendRedirects: boolean;
  readonly acceptRedirects: boolean;
  readonly sharedMedia: boolean;
}

/** IPv6 settings of a device (struct ipv6_devconf); `all` is read where Linux reads it, not folded in. */
export interface DeviceConf6 {
  readonly disableIpv6: boolean;
  /** Answers as a router: sets the router flag, joins the routers' group. */
  readonly forwarding: boolean;
  readonly forceForwarding: boolean;
  readonly acceptRedirects: boolean;
  readonly acceptDad: number;
  readonly dadTransmits: number;
  readonly proxyNdp: boolean;
  readonly hopLimit: number;
  readonly addrGenMode: number;
  readonly keepAddrOnDown: boolean;
  readonly useOifAddrsOnly: boolean;
  readonly dropUnicastInL2Multicast: boolean;
}

/** A setting of one device. */
interface DeviceKey {
  readonly kind: 'device';
  /** `net.ipv4.conf`, `net.ipv6.conf`, `net.ipv4.neigh` or `net.ipv6.neigh`. */
  readonly tree: string;
  readonly device: string;
  readonly name: string;
  readonly fold: Fold;
}

/** A key taken apart. */
type Key = { readonly kind: 'global'; readonly key: string } | DeviceKey;

/** Settings of one device, or of `all` or `default`, that differ from the built-in: by `net.ipv4.conf.rp_filter` and so on. */
type DeviceSettings = ReadonlyMap<string, number>;

/** What a table of settings holds, as `save` gives it. */
export interface SavedSysctls {
  readonly globals: ReadonlyMap<string, number | string>;
  readonly devices: ReadonlyMap<string, DeviceSettings>;
}

/**
 * The settings of one namespace under /proc/sys. Only what differs from Linux's default is kept.
 *
 * Fidelity: `kernel.hostname`, `kernel.shm*` and the conntrack size belong to other namespaces or to the
 * machine; they are kept here too, one set per network namespace. Limits of message queues are the IPC
 * namespace's.
 */
export class SysctlTable {
  private globals = new Map<string, number | string>();
  /** Never changed in place: a new device shares what `default` holds. */
  private devices = new Map<string, DeviceSettings>();
  /** What namespaces made last took from here, so that they share it. */
  private inherited: { readonly of: DeviceSettings; readonly settings: DeviceSettings }[] = [];
  private readonly hasDevice: (name: string) => boolean;
  /** The kernel was started with `ipv6.disable_ipv6=1`: then that is what devices begin with. */
  private readonly ipv6Disabled: boolean;

  constructor(hasDevice: (name: string) => boolean, ipv6Disabled: boolean) {
    this.hasDevice = hasDevice;
    this.ipv6Disabled = ipv6Disabled;
  }

  /** What differs from the default, in order of key: the text of `sysctl -w`. */
  differing(): readonly (readonly [string, string])[] {
    const pairs = [...this.globals].map(([key, value]) => [key, String(value)] as const);
    for (const [device, settings] of this.devices) {
      for (const [setting, value] of settings) {
        const dot = setting.lastIndexOf('.');
        const key = `${setting.slice(0, dot)}.${device}${setting.slice(dot)}`;
        pairs.push([key, String(value)]);
      }
    }
    return pairs.sort(byKey);
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

  /** A setting of two numbers, such as `net.ipv4.ip_local_port_range`; undefined for any other. */
  pair(key: string): readonly [number, number] | undefined {
    const text = this.globals.get(key) ?? (PAIRS.has(key) ? GLOBAL.get(key) : undefined);
    return typeof text === 'string' ? parsePair(text) : undefined;
  }

  /** Every key that there is now, in the order of the folders under /proc/sys. */
  keys(): readonly string[] {
    const keys = [...GLOBAL.keys(), 'net.ipv4.ip_forward'];
    for (const [tree, settings] of TREES) {
      const common = tree.endsWith('.neigh') ? ['default'] : ['all', 'default'];
      for (const device of [...common, ...this.deviceNames()])
        for (const name of settings.keys()) keys.push(`${tree}.${device}.${name}`);
    }
    return keys.sort(byPath);
  }

  /** Whether the key exists. */
  has(key: string): boolean {
    return this.parse(key) !== undefined;
  }

  /**
   * Writes a value as text. Answers false when it is not what the key takes: a number, or two in its range
   * (EINVAL). Who calls makes sure that the key exists.
   */
  write(key: string, text: string): boolean {
    const parsed = this.parse(key);
    if (parsed === undefined) return false;
    const before = this.raw(parsed);
    const value =
      typeof before === 'number' ? parseWhole(text) : normalText(parsed, text.trim().split(/\s+/));
    if (value === undefined || !this.allows(key, value)) return false;
    if (parsed.kind === 'device' && parsed.name === 'forwarding' && parsed.device !== 'default') {
      this.writeEverywhere(parsed, value === 0 ? 0 : 1);
      return true;
    }
    if (parsed.kind === 'device' && parsed.name === 'disable_ipv6') {
      this.writeEverywhere(parsed, Number(value));
      return true;
    }
    this.put(parsed, value);
    return true;
  }

  private allows(key: string, value: number | string): boolean {
    if (typeof value === 'number') {
      const [least, most] = LIMITS.get(key) ?? [-Infinity, Infinity];
      return value >= least && value <= most;
    }
    if (key !== 'net.ipv4.ip_local_port_range') return true;
    // The range must not reach into ports that need a capability (ipv4_local_port_range).
    const low = parsePair(value)?.[0] ?? 0;
    return low >= this.effective('net.ipv4.ip_unprivileged_port_start');
  }

  /** Everything that can be put back with `restore`. */
  save(): SavedSysctls {
    return { globals: new Map(this.globals), devices: new Map(this.devices) };
  }

  restore({ globals, devices }: SavedSysctls): void {
    this.globals = new Map(globals);
    this.devices = new Map(devices);
  }

  /** A device appears: it starts with what `default` says now. */
  deviceAdded(name: string): void {
    const settings = this.devices.get('default');
    if (settings !== undefined) this.devices.set(name, settings);
  }

  /** A device goes, or gets another name. */
  deviceRemoved(name: string, renamed?: string): void {
    const settings = this.devices.get(name);
    if (settings === undefined) return;
    this.devices.delete(name);
    if (renamed !== undefined) this.devices.set(renamed, settings);
  }

  /** A new namespace takes IPv4's `all` and `default` from the host's own (devconf_inherit_init_net=0). */
  inheritFrom(host: SysctlTable): void {
    for (const name of ['all', 'default']) {
      const settings = host.inheritable(name);
      if (settings.size > 0) this.devices.set(name, settings);
    }
  }

  /** The settings of a device that the packet path reads. */
  confOf(device: string): DeviceConf {
    const own = this.devices.get(device) ?? NO_SETTINGS;
    const all = this.devices.get('all') ?? NO_SETTINGS;
    let byOwn = confs.get(all);
    if (byOwn === undefined) {
      byOwn = new WeakMap();
      confs.set(all, byOwn);
    }
    let conf = byOwn.get(own);
    if (conf === undefined) {
      conf = deviceConf(own, all);
      byOwn.set(own, conf);
    }
    return conf;
  }

  /** The IPv6 settings of a device; `all` gives those of the whole namespace. */
  conf6Of(device: string): DeviceConf6 {
    const own = this.devices.get(device) ?? NO_SETTINGS;
    const known = this.ipv6Disabled ? confs6Disabled : confs6;
    let conf = device === 'all' ? undefined : known.get(own);
    if (conf === undefined) {
      conf = deviceConf6((name) => this.number('net.ipv6.conf', device, name));
      if (device !== 'all') known.set(own, conf);
    }
    return conf;
  }

  private inheritable(name: string): DeviceSettings {
    const of = this.devices.get(name) ?? NO_SETTINGS;
    const known = this.inherited.find((each) => each.of === of);
    if (known !== undefined) return known.settings;
    const settings = new Map([...of].filter(([key]) => key.startsWith('net.ipv4.conf.')));
    this.inherited = [...this.inherited.slice(-1), { of, settings }];
    return settings;
  }

  private folded(tree: string, device: string, name: string, fold: Fold): number {
    return folded(fold, this.number(tree, device, name), this.number(tree, 'all', name));
  }

  private number(tree: string, device: string, name: string): number {
    const value = this.devices.get(device)?.get(`${tree}.${name}`);
    return value ?? this.builtIn(tree, device, name);
  }

  /** What a setting is until someone writes it. */
  private builtIn(tree: string, device: string, name: string): number {
    if (tree === 'net.ipv6.conf') {
      if (name === 'disable_ipv6' && device !== 'all') return this.ipv6Disabled ? 1 : 0;
      if (name === 'accept_dad' && device === 'all') return 0;
    }
    return TREES.get(tree)?.get(name)?.[0] ?? 0;
  }

  private raw(key: Key): number | string {
    if (key.kind === 'device') return this.number(key.tree, key.device, key.name);
    return this.globals.get(key.key) ?? GLOBAL.get(key.key) ?? 0;
  }

  private put(key: Key, value: number | string): void {
    if (key.kind === 'device') this.set(key, key.device, Number(value));
    else if (value === GLOBAL.get(key.key)) this.globals.delete(key.key);
    else this.globals.set(key.key, value);
  }

  private set(key: DeviceKey, device: string, value: number): void {
    const settings = new Map(this.devices.get(device));
    if (value === this.builtIn(key.tree, device, key.name))
      settings.delete(`${key.tree}.${key.name}`);
    else settings.set(`${key.tree}.${key.name}`, value);
    if (settings.size > 0) this.devices.set(device, settings);
    else this.devices.delete(device);
  }

  /** `all` reaches every device and `default` (inet_forward_change, addrconf_disable_ipv6). */
  private writeEverywhere(key: DeviceKey, value: number): void {
    const reached = key.device === 'all' ? ['all', 'default', ...this.deviceNames()] : [key.device];
    for (const name of reached) this.set(key, name, value);
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
    return { kind: 'device', tree, device, name, fold: known[1] };
  }
}

const NO_SETTINGS: DeviceSettings = new Map();

/** What settings of `all` and of a device come to: most devices of a cluster have the same. */
const confs = new WeakMap<DeviceSettings, WeakMap<DeviceSettings, DeviceConf>>();

/** The same for IPv6, where `all` does not count; and for kernels started without IPv6. */
const confs6 = new WeakMap<DeviceSettings, DeviceConf6>();
const confs6Disabled = new WeakMap<DeviceSettings, DeviceConf6>();

function deviceConf6(setting: (name: string) => number): DeviceConf6 {
  return {
    disableIpv6: setting('disable_ipv6') !== 0,
    forwarding: setting('forwarding') !== 0,
    forceForwarding: setting('force_forwarding') !== 0,
    acceptRedirects: setting('accept_redirects') !== 0,
    acceptDad: setting('accept_dad'),
    dadTransmits: setting('dad_transmits'),
    proxyNdp: setting('proxy_ndp') !== 0,
    hopLimit: setting('hop_limit'),
    addrGenMode: setting('addr_gen_mode'),
    keepAddrOnDown: setting('keep_addr_on_down') > 0,
    useOifAddrsOnly: setting('use_oif_addrs_only') !== 0,
    dropUnicastInL2Multicast: setting('drop_unicast_in_l2_multicast') !== 0,
  };
}

function deviceConf(own: DeviceSettings, all: DeviceSettings): DeviceConf {
  const setting = (key: keyof typeof CONF4_KEYS, how?: Fold): number => {
    const [builtIn, fold] = CONF4.get(key) ?? [0, 'device'];
    const path = CONF4_KEYS[key];
    return folded(how ?? fold, own.get(path) ?? builtIn, all.get(path) ?? builtIn);
  };
  const forwarding = setting('forwarding') !== 0;
  return {
    forwarding,
    rpFilter: setting('rp_filter'),
    arpIgnore: setting('arp_ignore'),
    arpAnnounce: setting('arp_announce'),
    arpAccept: setting('arp_accept'),
    proxyArp: setting('proxy_arp') !== 0,
    routeLocalnet: setting('route_localnet') !== 0,
    srcValidMark: setting('src_valid_mark') !== 0,
    acceptLocal: setting('accept_local') !== 0,
    sendRedirects: setting('send_redirects') !== 0,
    acceptRedirects: setting('accept_redirects', forwarding ? 'and' : 'or') !== 0,
    sharedMedia: setting('shared_media') !== 0,
  };
}

const CONF4_KEYS = {
  forwarding: 'net.ipv4.conf.forwarding',
  rp_filter: 'net.ipv4.conf.rp_filter',
  arp_ignore: 'net.ipv4.conf.arp_ignore',
  arp_announce: 'net.ipv4.conf.arp_announce',
  arp_accept: 'net.ipv4.conf.arp_accept',
  proxy_arp: 'net.ipv4.conf.proxy_arp',
  route_localnet: 'net.ipv4.conf.route_localnet',
  src_valid_mark: 'net.ipv4.conf.src_valid_mark',
  accept_local: 'net.ipv4.conf.accept_local',
  send_redirects: 'net.ipv4.conf.send_redirects',
  accept_redirects: 'net.ipv4.conf.accept_redirects',
  shared_media: 'net.ipv4.conf.shared_media',
} as const;

/** A device's setting with that of `all` folded in. */
function folded(fold: Fold, own: number, all: number): number {
  if (fold === 'device') return own;
  if (fold === 'max') return Math.max(own, all);
  const on = fold === 'or' ? own !== 0 || all !== 0 : own !== 0 && all !== 0;
  return on ? 1 : 0;
}

/** sysctl(8) reads `net/ipv4/conf/eth0.100/rp_filter` too: slashes part, dots belong to names. */
function swapSeparators(key: string): string {
  return key.replace(/^\/?(proc\/sys\/)?/, '').replaceAll('/', '.');
}

function parseWhole(text: string): number | undefined {
  return /^\s*-?\d{1,10}\s*$/.test(text) ? Number.parseInt(text, 10) : undefined;
}

/** Text as /proc shows it; undefined when the key takes two numbers and these are not such. */
function normalText(key: Key, words: readonly string[]): string | undefined {
  const text = words.join('\t');
  const name = key.kind === 'global' ? key.key : '';
  const accepts = PAIRS.get(name);
  if (accepts === undefined) return text;
  const pair = parsePair(text);
  if (pair === undefined || !accepts(...pair)) return undefined;
  // An empty range of groups reads back as nobody (ipv4_ping_group_range).
  return name === 'net.ipv4.ping_group_range' && pair[1] < pair[0] ? '1\t0' : pair.join('\t');
}

function parsePair(text: string): readonly [number, number] | undefined {
  const [low, high, ...more] = text.split('\t').map(parseWhole);
  return low === undefined || high === undefined || more.length > 0 ? undefined : [low, high];
}

/** Folder by folder, names as strcmp(3) orders them. */
function byPath(a: string, b: string): number {
  const [one, other] = [a.split('.'), b.split('.')];
  for (let at = 0; at < Math.max(one.length, other.length); at++) {
    const [left = '', right = ''] = [one[at], other[at]];
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}

function byKey(a: readonly [string, string], b: readonly [string, string]): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
}
