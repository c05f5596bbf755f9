/** The subprotocols of exec, attach and port-forward over a WebSocket (`wsstream`, KEP-4006). */

/** How a subprotocol puts channels into messages. */
export interface ChannelProtocol {
  readonly name: string;
  /** In base64, each message is text: the channel's digit, then its octets in base64. */
  readonly form: 'binary' | 'base64';
  /** Before version 4 a failure is told as its text alone, and success not at all. */
  readonly status: 'json' | 'text';
  /** Since version 5 channel 255 closes the channel that its octet names. */
  readonly closes: boolean;
}

const V4 = { status: 'json', closes: false } as const;
const V1 = { status: 'text', closes: false } as const;

/** Those that are served, best first; the empty name is a client that offers none. */
export const CHANNEL_PROTOCOLS: readonly ChannelProtocol[] = [
  { name: 'v5.channel.k8s.io', form: 'binary', status: 'json', closes: true },
  { name: 'v4.channel.k8s.io', form: 'binary', ...V4 },
  { name: 'v4.base64.channel.k8s.io', form: 'base64', ...V4 },
  { name: 'channel.k8s.io', form: 'binary', ...V1 },
  { name: 'base64.channel.k8s.io', form: 'base64', ...V1 },
  { name: '', form: 'binary', ...V1 },
];

/** The first of a client's subprotocols that is served; undefined when none is. */
export function chooseProtocol(
  offered: readonly string[],
  served: readonly ChannelProtocol[],
): ChannelProtocol | undefined {
  const names = offered.length === 0 ? [''] : offered;
  for (const name of names) {
    const found = served.find((one) => one.name === name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What stands on the wire for a channel's octets. */
export function emitChannel(
  { form }: ChannelProtocol,
  channel: number,
  octets: Uint8Array,
): Buffer | string {
  if (form === 'base64') return `${channel}${Buffer.from(octets).toString('base64')}`;
  return Buffer.concat([Uint8Array.of(channel), octets]);
}

/** Reads a message; undefined when it has no channel. */
export function parseChannel(
  { form }: ChannelProtocol,
  message: Buffer,
): { readonly channel: number; readonly octets: Uint8Array } | undefined {
  const [first] = message;
  if (first === undefined) return undefined;
  if (form === 'binary') return { channel: first, octets: new Uint8Array(message.subarray(1)) };
  const channel = first - DIGIT_0;
  if (channel < 0 || channel > 9) return undefined;
  const octets = Buffer.from(message.toString('latin1', 1), 'base64');
  return { channel, octets: new Uint8Array(octets) };
}

const DIGIT_0 = 0x30;
