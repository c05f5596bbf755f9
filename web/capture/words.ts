/** What the part that captures packets says. */
export const CAPTURE = {
  directions: { in: 'In ', out: 'Out' },
  title: 'Capture',
  device: 'Device',
  any: 'any',
  filter: 'Filter',
  filterHint: 'tcp port 80, icmp, host 10.244.1.5 …',
  start: '● start',
  stop: '■ stop',
  download: 'save pcapng',
  lines: 'Captured packets',
  waiting: 'Nothing has matched yet.',
  idle: 'Start to see packets as they pass. Click one for its headers and octets.',
  counts: (seen: number, kept: number) =>
    seen > kept ? `${seen} captured, the newest ${kept} kept` : `${seen} captured`,
  dropped: (count: number) => `${count} came too fast to be looked at`,
  close: 'close the packet',
  saved: (name: string) => `Saved ${name}`,
} as const;
