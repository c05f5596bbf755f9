import type { TrafficKind } from '../../server/contract/traffic.js';

/** What live traffic says. */
export const TRAFFIC = {
  name: 'live traffic',
  onSign: '⇄',
  offSign: '⇹',
  switch: 'Show live traffic on the graph',
  choose: 'What is shown of live traffic',
  filter: 'Show on the graph',
  hint: 'Packets are dots, slowed so that they can be seen, in their true order; where there are many, a stream and its rate per second of simulated time.',
  section: 'Traffic',
  none: 'Nothing has passed here since this page listens.',
  since: 'Counted while this page listens.',
  isOff: 'Live traffic is switched off.',
  switchOn: 'Switch it on',
  columns: { kind: 'kind', now: 'now', packets: 'packets', octets: 'octets' },
  lastMinute: 'packets/s, last 60 s',
  most: (rate: string) => `most ${rate}`,
  towards: (from: string, to: string) => `${from} → ${to}`,
  packetsPerSecond: (count: string) => `${count} pkt/s`,
  rate: (packets: string, bits: string) => `${packets} pkt/s · ${bits}`,
  dropped: (reason: string, count: number) => (count === 1 ? reason : `${reason} ×${count}`),
} as const;

/** Kinds of packets, and who they are. */
export const KINDS: Readonly<
  Record<TrafficKind, { readonly name: string; readonly hint: string }>
> = {
  tcp: { name: 'TCP', hint: '' },
  udp: { name: 'UDP', hint: '' },
  icmp: { name: 'ICMP', hint: 'ping, and errors' },
  arp: { name: 'ARP', hint: 'who has an address' },
  dns: { name: 'DNS', hint: 'port 53' },
  probe: { name: 'kubelet probes', hint: 'readiness, liveness and startup' },
  other: { name: 'other', hint: '' },
};

const STEPS = ['', 'k', 'M', 'G'];

/** A number of at most three digits with a step: `950`, `1.2 k`, `34 k`. */
export function short(value: number): string {
  let rest = value;
  let step = 0;
  while (rest >= 999.5 && step < STEPS.length - 1) {
    rest /= 1000;
    step += 1;
  }
  const digits = rest >= 99.5 || step === 0 ? 0 : rest >= 9.95 ? 0 : 1;
  const text = step === 0 && rest < 9.95 && rest > 0 ? rest.toFixed(1) : rest.toFixed(digits);
  return step === 0 ? text.replace(/\.0$/, '') : `${text.replace(/\.0$/, '')} ${STEPS[step]}`;
}

/** A rate of bits: `3 Mbit/s`. */
export function bitRate(bits: number): string {
  const text = short(bits);
  return /[kMG]$/.test(text) ? `${text}bit/s` : `${text} bit/s`;
}

/** A number of octets: `19 MB`. */
export function octets(count: number): string {
  const text = short(count);
  return /[kMG]$/.test(text) ? `${text}B` : `${text} B`;
}
