import { parseIp, parseIpWithPrefix, parseMac } from '../../topology/addr/index.js';
import {
  COMMAND_OPS,
  type RecordedArrival,
  type RecordedDevice,
  type RecordedHop,
  type RecordedIptables,
  type RecordedLab,
  type RecordedListener,
  type RecordedMacvlan,
  type RecordedProbe,
  type RecordedResult,
  type RecordedRoute,
  type RecordedTopology,
  type RecordedVxlan,
  type SeenIcmp,
} from './recorded.js';
import {
  anyText,
  anything,
  type Check,
  either,
  isMapping,
  listOf,
  mapOf,
  oneOf,
  openRecordOf,
  optional,
  recordOf,
  shown,
  text,
  textThat,
  truth,
  whole,
} from './shape.js';

const ip = textThat((value) => faultOf(parseIp(value)));
const prefixed = textThat((value) => faultOf(parseIpWithPrefix(value)));
const mac = textThat((value) => faultOf(parseMac(value)));
const number: Check = (value, path, { problems }) => {
  if (typeof value === 'number' && Number.isFinite(value)) return;
  problems.push({ path, message: `must be a number, not ${shown(value)}` });
};
const family = optional(oneOf([4, 6]));
const port = whole(0, 65_535);
const sysctls = mapOf(either(text, number));
const octets = whole(0, 1_000_000);

const DEVICE = {
  ns: text,
  if: text,
  mac: optional(mac),
  addrs: optional(listOf(prefixed)),
  mtu: optional(whole(0, 65_535)),
  up: optional(truth),
  master: optional(text),
  hairpin: optional(truth),
  isolated: optional(truth),
  learning: optional(truth),
  promisc: optional(truth),
  bridge_port_state: optional(whole(0, 4)),
  sysctl: optional(sysctls),
};
const device = recordOf<RecordedDevice>(DEVICE);

const LISTENER = {
  ns: text,
  proto: oneOf(['tcp', 'udp']),
  addr: ip,
  port,
  v6only: optional(truth),
};

const IPTABLES = {
  ns: text,
  family,
  table: oneOf(['raw', 'mangle', 'nat', 'filter', 'security']),
  chains: optional(listOf(text)),
  policy: optional(mapOf(oneOf(['ACCEPT', 'DROP']))),
  rules: listOf(text),
  legacy: optional(truth),
};

const topology = recordOf<RecordedTopology>({
  netns: listOf(
    recordOf<RecordedTopology['netns'][number]>({
      name: text,
      role: optional(anyText),
      sysctl: optional(sysctls),
      lo: optional(either(truth, oneOf(['up', 'down']))),
    }),
  ),
  bridges: listOf(device),
  veths: listOf(recordOf<RecordedTopology['veths'][number]>({ a: device, b: device })),
  vxlans: listOf(
    recordOf<RecordedVxlan>({
      ...DEVICE,
      vni: whole(0, 0xffffff),
      local: optional(ip),
      dev: optional(text),
      port: optional(port),
    }),
  ),
  macvlans: optional(
    listOf(
      recordOf<RecordedMacvlan>({
        ...DEVICE,
        parent_ns: text,
        parent: text,
        mode: optional(oneOf(['bridge', 'private', 'vepa', 'passthru', 'source'])),
      }),
    ),
  ),
  routes: listOf(
    recordOf<RecordedRoute>({
      ns: text,
      dst: text,
      via: optional(ip),
      dev: optional(text),
      type: optional(text),
      onlink: optional(truth),
      src: optional(ip),
      metric: optional(whole(0, 0xffffffff)),
      mtu: optional(whole(0, 65_535)),
      scope: optional(text),
      table: optional(either(text, whole(0, 0xffffffff))),
      family,
    }),
  ),
  rules: optional(
    listOf(
      recordOf<NonNullable<RecordedTopology['rules']>[number]>({ ns: text, family, args: text }),
    ),
  ),
  neigh: listOf(
    recordOf<RecordedTopology['neigh'][number]>({
      ns: text,
      dst: ip,
      dev: text,
      lladdr: optional(mac),
      nud: optional(text),
    }),
  ),
  fdb: listOf(
    recordOf<RecordedTopology['fdb'][number]>({
      ns: text,
      dev: text,
      lladdr: mac,
      dst: optional(ip),
    }),
  ),
  iptables: listOf(recordOf<RecordedIptables>(IPTABLES)),
  nft: optional(
    listOf(recordOf<NonNullable<RecordedTopology['nft']>[number]>({ ns: text, ruleset: anyText })),
  ),
  listeners: listOf(recordOf<RecordedListener>(LISTENER)),
  ipv6: optional(truth),
  offload: optional(truth),
});

const words = either(text, listOf(text));

/** The keys of a change, by its op. */
const CHANGES: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['sysctl', recordOf({ op: text, ns: text, set: sysctls })],
  ['sleep', recordOf({ op: text, ms: whole(0) })],
  ...COMMAND_OPS.map((op) => [op, recordOf({ op: text, ns: text, args: words })] as const),
  ['cmd', recordOf({ op: text, ns: text, cmd: words })],
  ['listen', recordOf({ op: text, ...LISTENER })],
  [
    'close',
    recordOf({
      op: text,
      ns: text,
      port,
      proto: optional(oneOf(['tcp', 'udp'])),
      addr: optional(ip),
    }),
  ],
]);

/** Ops that may be said with other keys, known by the key that is there. */
const OTHER_FORMS: Readonly<Record<string, Check>> = {
  'nft ruleset': recordOf({ op: text, ns: text, ruleset: anyText }),
  'iptables rules': recordOf({ op: text, ...IPTABLES }),
};

const change: Check = (value, path, findings) => {
  const op = isMapping(value) ? value.op : undefined;
  if (typeof op === 'string' && isMapping(value)) {
    for (const key of ['ruleset', 'rules']) {
      const other = key in value ? OTHER_FORMS[`${op} ${key}`] : undefined;
      if (other === undefined) continue;
      other(value, path, findings);
      return;
    }
  }
  const check = typeof op === 'string' ? CHANGES.get(op) : undefined;
  if (check !== undefined) check(value, path, findings);
  else oneOf([...CHANGES.keys()])(op, `${path}.op`, findings);
};

const probe = recordOf<RecordedProbe>({
  src: text,
  proto: oneOf(['tcp', 'udp', 'icmp']),
  dst: ip,
  dport: optional(port),
  saddr: optional(ip),
  sport: optional(port),
  ttl: optional(whole(1, 255)),
  size: optional(octets),
  pmtudisc: optional(oneOf(['do', 'dont', 'want'])),
  data: optional(octets),
  unconnected: optional(truth),
  broadcast: optional(truth),
  timeout_ms: optional(whole(1, 600_000)),
});

const result = openRecordOf<RecordedResult>({
  outcome: oneOf(['ok', 'error', 'timeout', 'icmp-error', 'stall']),
  errno: optional(text),
  stage: optional(text),
  elapsed_ms: optional(number),
  local: optional(text),
  data_received: optional(whole(0)),
  reply_from: optional(text),
  reply_ttl: optional(anything),
  reply_bytes: optional(whole(0)),
  from: optional(text),
  server: optional(
    listOf(
      openRecordOf<RecordedArrival>({
        ns: text,
        local: text,
        peer: text,
        bytes: optional(whole(0)),
      }),
    ),
  ),
  icmp_seen_by_src: optional(
    listOf(
      openRecordOf<SeenIcmp>({
        type: whole(0, 255),
        code: whole(0, 255),
        from: text,
        sent_by_ns: optional(text),
        mtu: optional(number),
        gw: optional(text),
      }),
    ),
  ),
});

const hop: Check = (value, path, findings) => {
  const { ignored: _everyFieldIsCompared, ...rest } = findings;
  openRecordOf<Pick<RecordedHop, 'ns' | 'if'> & { readonly dir: string }>({
    ns: text,
    if: text,
    dir: oneOf(['in', 'out']),
  })(value, path, { ...rest, ignored: new Set() });
};

const state = mapOf(
  openRecordOf({
    neigh: optional(
      listOf(openRecordOf({ dst: text, dev: text, lladdr: optional(text), state: text })),
    ),
    fdb: optional(listOf(openRecordOf({ mac: text, if: text, dst: optional(text) }))),
    conntrack: optional(
      listOf(
        openRecordOf({
          l3: optional(text),
          l4: text,
          state: optional(text),
          timeout_s: optional(number),
          tuple: text,
        }),
      ),
    ),
    route_cache_text: optional(listOf(anyText)),
  }),
);

const changeStep = recordOf({
  change,
  rc: optional(whole(0, 255)),
  stderr: optional(anyText),
  pause_ms: optional(number),
});
const probeStep = recordOf({
  probe,
  result,
  hops: listOf(hop),
  counters: optional(mapOf(mapOf(number))),
  state_after: optional(state),
  pause_ms: optional(number),
});

const step: Check = (value, path, findings) => {
  if (isMapping(value) && 'change' in value) changeStep(value, path, findings);
  else if (isMapping(value) && 'probe' in value) probeStep(value, path, findings);
  else {
    const message = `must be a mapping with change or probe, not ${shown(value)}`;
    findings.problems.push({ path, message });
  }
};

/** The form of a scenario's file. */
export const LAB: Check = recordOf<RecordedLab>({
  id: text,
  title: anyText,
  group: optional(anyText),
  notes: optional(anyText),
  kernel: optional(anyText),
  topology,
  macs: mapOf(text),
  steps: listOf(step),
  pause_ms: optional(number),
  unstable: optional(either(truth, anyText)),
});

function faultOf(
  read: { readonly ok: true } | { readonly ok: false; readonly error: string },
): string | undefined {
  return read.ok ? undefined : read.error;
}
