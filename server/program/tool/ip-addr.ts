import {
  type AddressView,
  type Cidr,
  contains,
  formatIp,
  formatMac,
  isCidr4,
  isIpv4,
  type KernelOp,
  linkFlags,
  type NetDevice,
  viewAddresses,
} from '../../../topology/index.js';
import { briefEntry, linkEntry } from './ip-link-entry.js';
import {
  Args,
  applyOps,
  change,
  type IpRun,
  needDevice,
  readChange,
  show,
  ToolExit,
} from './ip-run.js';
import {
  familyWords,
  optional,
  placeOf,
  readPrefix,
  readVerb,
  wrongArgument,
} from './ip-selector.js';
import { Entry } from './iproute-entry.js';
import { ADDRESS_USAGE, LINK_USAGE } from './iproute-usage.js';

const FOREVER = 4294967295;

/** What `ip addr show` and `ip link show` were asked to pick. */
interface AddressFilter {
  readonly device: string | undefined;
  readonly up: boolean;
  readonly to: Cidr | undefined;
  readonly scope: string | undefined;
  readonly label: string | undefined;
  readonly master: NetDevice | undefined;
  readonly nomaster: boolean;
  readonly kind: string | undefined;
  /** Flags of addresses that must be set, or with `false` must not. */
  readonly flags: ReadonlyMap<string, boolean>;
}

const VERBS = {
  object: 'address',
  fallback: 'show',
  usage: ADDRESS_USAGE,
  names: [
    'add',
    'change',
    'chg',
    'replace',
    'delete',
    'show',
    'list',
    'lst',
    'flush',
    'save',
    'showdump',
    'restore',
    'help',
  ],
} as const;

/** `ip address`. */
export async function ipAddress(run: IpRun, words: readonly string[]): Promise<number> {
  const verb = readVerb(words, VERBS);
  const rest = words.slice(1);
  switch (verb) {
    case 'show':
    case 'list':
    case 'lst':
      return showAddresses(run, rest);
    case 'flush':
      return flushAddresses(run, rest);
    default:
      return changeAddress(run, verb, rest);
  }
}

async function changeAddress(run: IpRun, verb: string, words: readonly string[]): Promise<number> {
  const ops = readChange(run, ['ip', ...familyWords(run), 'address', verb, ...words]);
  const changed: KernelOp[] = [];
  for (const op of ops) {
    if (op.op !== 'addr.add' && op.op !== 'addr.del') continue;
    const device = needDevice(run, op.dev);
    const own = viewAddresses(device);
    const { address } = op.addr;
    const same = own.some(
      (each) => each.address === address && each.prefixLength === op.addr.prefixLength,
    );
    // What is there already is renewed.
    if (op.op === 'addr.add' && same && verb !== 'add') continue;
    const loose =
      isIpv4(address) && op.op === 'addr.del' && !same && !words.some((word) => word.includes('/'));
    const meant = loose ? own.find((each) => each.address === address) : undefined;
    if (loose) await run.io.err(wildcardWarning(formatIp(address)));
    changed.push(
      meant === undefined ? op : { ...op, addr: { address, prefixLength: meant.prefixLength } },
    );
  }
  return applyOps(run, changed);
}

function wildcardWarning(address: string): string {
  return `Warning: Executing wildcard deletion to stay compatible with old scripts.
         Explicitly specify the prefix length (${address}/32) to avoid this warning.
         This special behaviour is likely to disappear in further releases,
         fix your scripts!
`;
}

const LINK_VERBS = {
  object: 'link',
  fallback: 'show',
  usage: LINK_USAGE,
  names: [
    'add',
    'set',
    'change',
    'replace',
    'delete',
    'show',
    'list',
    'lst',
    'xstats',
    'afstats',
    'property',
    'help',
  ],
} as const;

/** `ip link`. */
export async function ipLink(run: IpRun, words: readonly string[]): Promise<number> {
  const verb = readVerb(words, LINK_VERBS);
  const rest = words.slice(1);
  switch (verb) {
    case 'show':
    case 'list':
    case 'lst':
      return showLinks(run, rest);
    default:
      return change(run, ['ip', ...familyWords(run), 'link', verb, ...rest]);
  }
}

async function showLinks(run: IpRun, words: readonly string[]): Promise<number> {
  const devices = pickDevices(run, readFilter(run, words));
  const entries = devices.map((device) => {
    if (!run.options.brief) return linkEntry({ ...run, family: 'link' }, device, 'link');
    const entry = briefEntry(run, device);
    entry.put('address', formatMac(device.mac), `${formatMac(device.mac)} `);
    const flags = linkFlags(device);
    entry.put('flags', flags, `<${flags.join(',')}> \n`);
    return entry;
  });
  await show(run, entries);
  return 0;
}

async function showAddresses(run: IpRun, words: readonly string[]): Promise<number> {
  const filter = readFilter(run, words);
  const shown = filter.to === undefined ? run : { ...run, family: familyOf(filter.to) };
  const entries: Entry[] = [];
  for (const device of pickDevices(shown, filter)) {
    const chosen = viewAddresses(device).filter((own) => picks(shown, filter, device, own));
    // A device without any address is shown, unless one family is asked for; one whose addresses do not fit is not.
    if (chosen.length === 0 && (viewAddresses(device).length > 0 || shown.family !== 'any'))
      continue;
    entries.push(addressesEntry(shown, device, chosen, filter));
  }
  await show(run, entries);
  return 0;
}

function familyOf(block: Cidr): 'inet' | 'inet6' {
  return isCidr4(block) ? 'inet' : 'inet6';
}

function addressesEntry(
  run: IpRun,
  device: NetDevice,
  chosen: readonly AddressView[],
  filter: AddressFilter,
): Entry {
  const { brief, oneline, stats } = run.options;
  if (brief) {
    const entry = briefEntry(run, device);
    const texts = chosen.map((own) => addressEntry(run, device, own));
    entry.put(
      'addr_info',
      texts.map((each) => each.fields),
    );
    for (const own of chosen) entry.say(`${formatIp(own.address)}/${own.prefixLength} `);
    entry.say('\n');
    return entry;
  }
  const header = filter.label === undefined && !oneline;
  const plain = header ? { ...run, options: { ...run.options, stats: 0 } } : run;
  const entry = header || run.options.json ? linkEntry(plain, device, 'address') : new Entry();
  if (!header) entry.text = '';
  const infos = chosen.map((own) => addressEntry(run, device, own));
  entry.put(
    'addr_info',
    infos.map((info) => info.fields),
    infos.map((info) => info.text).join(''),
  );
  if (stats > 0 && header) {
    const counted = linkEntry(run, device, 'address');
    entry.put(
      'stats64',
      counted.fields.stats64 ?? {},
      counted.text.slice(counted.text.indexOf('    RX:')),
    );
  }
  return entry;
}

/** One address, in its two lines. */
function addressEntry(run: IpRun, device: NetDevice, own: AddressView): Entry {
  const entry = new Entry();
  const family = isIpv4(own.address) ? 'inet' : 'inet6';
  if (run.options.oneline) entry.say(`${device.ifindex}: ${device.name}`);
  entry.put('family', family, `    ${family} `);
  entry.put('local', formatIp(own.address), formatIp(own.address));
  entry.put('prefixlen', own.prefixLength, `/${own.prefixLength} `);
  if (own.broadcast !== undefined) {
    const text = formatIp(own.broadcast);
    entry.put('broadcast', text, `brd ${text} `);
  }
  entry.put('scope', own.scope, `scope ${own.scope} `);
  for (const flag of flagsOf(own)) entry.flag(flag, true, `${flag} `);
  if (family === 'inet') entry.put('label', device.name, device.name);
  entry.say(run.newline);
  entry.put('valid_life_time', FOREVER, '       valid_lft forever ');
  entry.put('preferred_life_time', FOREVER, 'preferred_lft forever\n');
  return entry;
}

/** Flags of an address that `ip addr` names, in its order. */
function flagsOf(own: AddressView): readonly string[] {
  const secondary = own.secondary ? [isIpv4(own.address) ? 'secondary' : 'temporary'] : [];
  return [...secondary, ...own.flags];
}

function picks(run: IpRun, filter: AddressFilter, device: NetDevice, own: AddressView): boolean {
  const family = isIpv4(own.address) ? 'inet' : 'inet6';
  if (run.family !== 'any' && run.family !== family) return false;
  if (filter.scope !== undefined && own.scope !== filter.scope) return false;
  if (filter.to !== undefined && !contains(filter.to, own.address)) return false;
  if (filter.label !== undefined && (family !== 'inet' || !glob(filter.label, device.name)))
    return false;
  const flags = new Set(flagsOf(own));
  for (const [flag, wanted] of filter.flags) {
    const has = flag === 'primary' ? !own.secondary : flag === 'permanent' || flags.has(flag);
    if (has !== wanted) return false;
  }
  return true;
}

/** fnmatch(3) of a label. */
function glob(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${source}$`).test(text);
}

function pickDevices(run: IpRun, filter: AddressFilter): readonly NetDevice[] {
  return run.netns.deviceList.filter((device) => {
    if (filter.device !== undefined && device.name !== filter.device) return false;
    if (filter.up && !device.up) return false;
    if (filter.master !== undefined && device.master !== filter.master) return false;
    if (filter.nomaster && device.master !== undefined) return false;
    if (filter.kind === undefined) return true;
    if (filter.kind === 'bridge_slave') return device.port !== undefined;
    return device.kind === filter.kind && device.kind !== 'loopback';
  });
}

const ADDRESS_FLAGS = [
  'dynamic',
  'permanent',
  'secondary',
  'primary',
  'tentative',
  'deprecated',
  'dadfailed',
  'temporary',
  'home',
  'nodad',
];

function readFilter(run: IpRun, words: readonly string[]): AddressFilter {
  const args = new Args(words);
  const flags = new Map<string, boolean>();
  let filter: AddressFilter = {
    device: undefined,
    up: false,
    to: undefined,
    scope: undefined,
    label: undefined,
    master: undefined,
    nomaster: false,
    kind: undefined,
    flags,
  };
  while (args.more) {
    const word = args.take();
    const flag = word.replace(/^-/, '');
    if (word === 'to') filter = { ...filter, to: readPrefix(args.value()) };
    else if (word === 'scope') filter = { ...filter, scope: readScope(args.value()) };
    else if (word === 'up') filter = { ...filter, up: true };
    else if (ADDRESS_FLAGS.includes(flag)) flags.set(flag, flag === word);
    else if (word === 'label') filter = { ...filter, label: args.value() };
    else if (word === 'group' || word === 'vrf') args.value();
    else if (word === 'master') filter = { ...filter, master: readMaster(run, args.value()) };
    else if (word === 'nomaster') filter = { ...filter, nomaster: true };
    else if (word === 'type') filter = { ...filter, kind: args.value() };
    else {
      const name = optional(args, word, { keyword: 'dev', usage: ADDRESS_USAGE });
      if (filter.device !== undefined) {
        const text = `Error: either "dev" is duplicate, or "${name}" is a garbage.\n`;
        throw new ToolExit(text, 255);
      }
      if (run.netns.device(name) === undefined)
        throw new ToolExit(`Device "${name}" does not exist.\n`, 1);
      filter = { ...filter, device: name };
    }
  }
  return filter;
}

function readMaster(run: IpRun, name: string): NetDevice {
  const master = run.netns.device(name);
  if (master !== undefined) return master;
  throw wrongArgument(name, 'Device does not exist');
}

function readScope(word: string): string | undefined {
  if (word === 'all') return undefined;
  const names: Readonly<Record<string, string>> = { '0': 'global', '253': 'link', '254': 'host' };
  const scope = names[word] ?? word;
  if (['global', 'link', 'host', 'site', 'nowhere'].includes(scope)) return scope;
  throw wrongArgument(word, 'invalid "scope"');
}

async function flushAddresses(run: IpRun, words: readonly string[]): Promise<number> {
  if (words.length === 0) throw new ToolExit('Flush requires arguments.\n', 1);
  const filter = readFilter(run, words);
  if (filter.device !== undefined) needDevice(run, filter.device);
  const ops: KernelOp[] = [];
  for (const device of pickDevices(run, filter)) {
    const gone = viewAddresses(device).filter((own) => picks(run, filter, device, own));
    // Secondary addresses go before their primary, with which they would go by themselves.
    for (const { address, prefixLength } of [...gone].sort(
      (a, b) => Number(b.secondary) - Number(a.secondary),
    )) {
      const place = placeOf(run);
      ops.push({ op: 'addr.del', ...place, dev: device.name, addr: { address, prefixLength } });
    }
  }
  return applyOps(run, ops);
}
