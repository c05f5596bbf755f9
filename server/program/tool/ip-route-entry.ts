import {
  type Cidr,
  formatCidr,
  formatIp,
  type Ip,
  isCidr4,
  type NetDevice,
  type RouteAnswer,
  type RouteEntry,
  tableName,
} from '../../../topology/index.js';
import type { IpRun } from './ip-run.js';
import { Entry } from './iproute-entry.js';

/** Fields that a selector named exactly, and that are therefore not repeated. */
export type HiddenField = 'table' | 'dev' | 'protocol' | 'scope' | 'src' | 'via' | 'metric';

/** A prefix as `ip route` writes it. */
export function prefixText(block: Cidr): string {
  if (block.prefixLength === 0) return 'default';
  const whole = isCidr4(block) ? 32 : 128;
  return block.prefixLength === whole ? formatIp(block.network) : formatCidr(block);
}

/** A row of a routing table, as `ip route show` writes it (print_route). */
export function routeEntry(
  run: IpRun,
  route: RouteEntry,
  hidden: ReadonlySet<HiddenField> = new Set(),
): Entry {
  const entry = new Entry();
  const details = run.options.details > 0;
  const six = !isCidr4(route.dst);
  if (route.type !== 'unicast' || details) entry.put('type', route.type, `${route.type} `);
  entry.put('dst', prefixText(route.dst), `${prefixText(route.dst)} `);
  const dev = deviceOf(run, route);
  if (route.via !== undefined && !hidden.has('via')) putGateway(entry, route.via);
  if (dev !== undefined && !hidden.has('dev')) entry.put('dev', dev.name, `dev ${dev.name} `);
  if ((route.table !== 254 || details) && !hidden.has('table'))
    entry.put('table', tableName(route.table), `table ${tableName(route.table)} `);
  if ((route.proto !== 'boot' || details) && !hidden.has('protocol'))
    entry.put('protocol', route.proto, `proto ${route.proto} `);
  const scope = six ? 'global' : route.scope;
  if ((scope !== 'global' || details) && !hidden.has('scope'))
    entry.put('scope', scope, `scope ${scope} `);
  const { prefSrc } = route;
  if (prefSrc !== undefined && !hidden.has('src') && !(six && route.proto === 'kernel'))
    entry.put('prefsrc', formatIp(prefSrc), `src ${formatIp(prefSrc)} `);
  putTail(entry, route, { six, dev, hidden });
  entry.say('\n');
  return entry;
}

/** What `ip route get` writes of an answer. */
export function answerEntry(
  run: IpRun,
  answer: RouteAnswer,
  asked: {
    readonly from: Ip | undefined;
    readonly iif: string | undefined;
    readonly mark: number;
    readonly uid: number;
  },
): Entry {
  const entry = new Entry();
  const details = run.options.details > 0;
  const six = typeof answer.dst !== 'number';
  if (answer.type !== 'unicast' || details) entry.put('type', answer.type, `${answer.type} `);
  entry.put('dst', formatIp(answer.dst), `${formatIp(answer.dst)} `);
  const from = asked.from === undefined ? (six ? '::' : undefined) : formatIp(asked.from);
  if (from !== undefined) entry.put('from', from, `from ${from} `);
  if (answer.via !== undefined) putGateway(entry, answer.via);
  entry.put('dev', answer.dev.name, `dev ${answer.dev.name} `);
  if (answer.table !== 254 || details)
    entry.put('table', tableName(answer.table), `table ${tableName(answer.table)} `);
  const { entry: route } = answer;
  if (six && route !== undefined && route.proto !== 'boot')
    entry.put('protocol', route.proto, `proto ${route.proto} `);
  if (answer.src !== undefined && (asked.from === undefined || six))
    entry.put('prefsrc', formatIp(answer.src), `src ${formatIp(answer.src)} `);
  if (six) {
    if (route !== undefined) putTail(entry, route, { six, dev: answer.dev, hidden: new Set() });
    entry.say('\n');
    return entry;
  }
  entry.put('flags', [], answer.type === 'multicast' ? 'rt_offload_failed ' : '');
  if (asked.mark >= 16) {
    const mark = `0x${asked.mark.toString(16)}`;
    entry.put('mark', mark, `mark ${mark} `);
  } else if (asked.mark !== 0) entry.put('mark', asked.mark, `mark ${asked.mark} `);
  if (asked.iif === undefined) entry.put('uid', asked.uid, `uid ${asked.uid} `);
  const flags = answer.flags.length === 0 ? '' : `<${answer.flags.join(',')}> `;
  entry.put('cache', answer.flags, `${run.newline}    cache ${flags}`);
  const mtu = answer.learnedMtuBytes ?? route?.routeMtuBytes ?? 0;
  if (mtu > 0) entry.put('metrics', [{ mtu }], `mtu ${mtu} `);
  if (asked.iif !== undefined) entry.put('iif', asked.iif, `iif ${asked.iif} `);
  entry.say('\n');
  return entry;
}

function putGateway(entry: Entry, via: Ip): void {
  entry.put('gateway', formatIp(via), `via ${formatIp(via)} `);
}

/** IPv6 hangs routes that lead nowhere on `lo`. */
function deviceOf(run: IpRun, route: RouteEntry): NetDevice | undefined {
  return route.dev ?? (isCidr4(route.dst) ? undefined : run.netns.loopback);
}

function putTail(
  entry: Entry,
  route: RouteEntry,
  how: {
    readonly six: boolean;
    readonly dev: NetDevice | undefined;
    readonly hidden: ReadonlySet<HiddenField>;
  },
): void {
  const { dev, hidden, six } = how;
  const metric = route.metric === 0 && six && route.proto !== 'kernel' ? 1024 : route.metric;
  if ((metric !== 0 || six) && !hidden.has('metric'))
    entry.put('metric', metric, `metric ${metric} `);
  const down = dev?.up === true && !dev.carrier;
  const flags = [...(route.onlink ? ['onlink'] : []), ...(down ? ['linkdown'] : [])];
  entry.put('flags', flags, flags.map((flag) => `${flag} `).join(''));
  const { routeMtuBytes } = route;
  if (routeMtuBytes > 0) entry.put('metrics', [{ mtu: routeMtuBytes }], `mtu ${routeMtuBytes} `);
  if (six) entry.put('pref', 'medium', 'pref medium');
}
