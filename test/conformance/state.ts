import { formatIp, formatMac, parseIp } from '../../topology/addr/index.js';
import { type Host, viewNetns } from '../../topology/kernel/index.js';
import type { MacRoles } from './hop.js';

/** What a probe left behind in each namespace, as one line each: neighbours, what bridges and tunnels learned, connections. */
export type LabState = Readonly<Record<string, readonly string[]>>;

/** As it was recorded. */
export type RecordedState = Readonly<
  Record<
    string,
    {
      readonly neigh?: readonly {
        readonly dst: string;
        readonly dev: string;
        readonly lladdr?: string;
        readonly state: string;
      }[];
      readonly fdb?: readonly {
        readonly mac: string;
        readonly if: string;
        readonly dst?: string;
      }[];
      readonly conntrack?: readonly {
        readonly l4: string;
        readonly state?: string;
        readonly tuple: string;
        readonly l3?: string;
        readonly timeout_s?: number;
      }[];
      /** Lines of `ip route show cache`. */
      readonly route_cache_text?: readonly string[];
    }
  >
>;

/** The state of a lab now. */
export function stateOf(host: Host, roles: MacRoles): LabState {
  const named = [...host.namespaces].filter(({ name }) => name !== '');
  return Object.fromEntries(
    named.flatMap((netns) => {
      const { neighbors, fdb, conntrack } = viewNetns(netns);
      const role = (mac: Parameters<typeof formatMac>[0]) =>
        roles[formatMac(mac)] ?? formatMac(mac);
      const lines = [
        ...neighbors
          .filter(({ state }) => state !== 'noarp')
          .map(({ address, device, mac, state }) => {
            const known = mac === undefined || state === 'failed' || state === 'incomplete';
            const where = known ? '' : ` lladdr ${role(mac)}`;
            return `${formatIp(address)} dev ${device}${where} ${state.toUpperCase()}`;
          }),
        ...fdb
          .filter(({ local }) => !local)
          .map(({ mac, port, dst }) => {
            return `${role(mac)} on ${port}${dst === undefined ? '' : ` dst ${formatIp(dst)}`}`;
          }),
        ...conntrack.map(connectionText),
      ].sort();
      return lines.length === 0 ? [] : [[netns.name, lines] as const];
    }),
  );
}

/** A recorded state in the same lines. */
export function recordedState(state: RecordedState): LabState {
  return Object.fromEntries(
    Object.entries(state).flatMap(([ns, { neigh = [], fdb = [], conntrack = [] }]) => {
      const lines = [
        ...neigh.map(({ dst, dev, lladdr, state: nud }) => {
          const where = lladdr === undefined ? '' : ` lladdr ${lladdr}`;
          return `${dst} dev ${dev}${where} ${nud}`;
        }),
        ...fdb.map(({ mac, if: port, dst }) => {
          return `${mac} on ${port}${dst === undefined ? '' : ` dst ${dst}`}`;
        }),
        ...conntrack.map(({ l4, state: stage, tuple }) => {
          const words = [l4, stage, tuple].filter((word) => word !== undefined);
          return canonical(withoutTunnelPort(words.join(' ')));
        }),
      ].sort();
      return lines.length === 0 ? [] : [[ns, lines] as const];
    }),
  );
}

/** A line of `conntrack -L` without its number, timeout and use count. */
function connectionText(line: string): string {
  const words = line.replace(/^(\w+)\s+\d+ \d+/, '$1').replace(/ use=\d+$/, '');
  return canonical(withoutTunnelPort(words));
}

/** Addresses as RFC 5952 writes them: /proc/net/nf_conntrack writes all eight groups. */
function canonical(text: string): string {
  return text.replaceAll(/(src|dst)=([0-9a-f:]+:[0-9a-f:.]*)/g, (whole, key, address) => {
    const parsed = parseIp(address);
    return parsed.ok ? `${key}=${formatIp(parsed.value)}` : whole;
  });
}

/** The source port of a tunnel is a hash of what is inside, which no two kernels share. */
function withoutTunnelPort(text: string): string {
  return text
    .replaceAll(/sport=\w+ dport=(4789|8472)\b/g, 'sport=hash dport=$1')
    .replaceAll(/sport=(4789|8472) dport=\w+/g, 'sport=$1 dport=hash');
}
