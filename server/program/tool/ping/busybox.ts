/** ping of busybox 1.35: sequence numbers from 0, no words about errors. */
import { formatIp, type Ip, isIpv4, type Received, strerror } from '../../../../topology/index.js';
import { SIGNALS } from '../../guest.js';
import { whenReady } from '../../io/wait.js';
import { resolveName } from '../../net/names.js';
import { hasCapability } from '../capability.js';
import { parseOptions, type ToolIo } from '../tool.js';
import { echoRequest } from './echo.js';
import { milliseconds, TripStatistics } from './statistics.js';

const SECOND_NS = 1_000_000_000;
const MAX_WAIT_SECONDS = 10;

/** ping, or ping6 when the family is given. */
export async function busyboxPing(io: ToolIo, wanted?: 'ipv4' | 'ipv6'): Promise<number> {
  const options = parseOptions(io.args, {
    flags: 'qvA46n',
    withValue: ['c', 'i', 'W', 'w', 's', 't', 'I', 'm', 'p'],
  });
  const [name = ''] = options.rest;
  const family = options.flags.has('4') ? 'ipv4' : options.flags.has('6') ? 'ipv6' : wanted;
  const resolved = await resolveName(io.guest, name, family === undefined ? {} : { family });
  const address = resolved.ok ? resolved.value.addresses[0] : undefined;
  if (address === undefined) return io.fail(`bad address '${name}'`);
  const size = Number(options.values.get('s') ?? 56);
  const head = `PING ${name} (${formatIp(address)}): ${size} data bytes\n`;
  const made = hasCapability(io, 'NET_RAW')
    ? io.guest.socket('raw', address)
    : io.guest.socket('ping', address);
  if (!made.ok) {
    await io.out(head);
    return io.fail('permission denied (are you root?)');
  }
  const socket = made.value;
  const ttl = options.values.get('t');
  if (ttl !== undefined) socket.setOption('IP_TTL', Number(ttl));
  const from = options.values.get('I');
  if (from !== undefined && (await bindFrom(io, socket, from)) !== undefined) {
    socket.close();
    return 1;
  }
  await io.out(head);
  const count = Number(options.values.get('c') ?? Number.POSITIVE_INFINITY);
  const intervalNs = Number(options.values.get('i') ?? 1) * SECOND_NS;
  const waitNs = Number(options.values.get('W') ?? MAX_WAIT_SECONDS) * SECOND_NS;
  const deadline = options.values.get('w');
  const endNs = deadline === undefined ? undefined : io.sys.nowNs + Number(deadline) * SECOND_NS;
  const id = Math.floor(io.guest.request.random() * 65536);
  const isQuiet = options.flags.has('q');
  const trips = new TripStatistics();
  const sentNs: number[] = [];
  const answered = new Set<number>();
  let received = 0;
  let duplicates = 0;
  let isInterrupted = false;
  let wake: (() => void) | undefined;
  io.sys.onSignal(SIGNALS.INT, () => {
    isInterrupted = true;
    wake?.();
  });
  const onMessage = async (got: Received): Promise<void> => {
    const { icmp, octets } = got;
    if (icmp?.type !== (isIpv4(address) ? 0 : 129)) return;
    const since = sentNs[icmp.sequence];
    if (since === undefined || (socket.type === 'raw' && icmp.id !== id)) return;
    const isDuplicate = answered.has(icmp.sequence);
    if (isDuplicate) duplicates++;
    else received++;
    answered.add(icmp.sequence);
    trips.add(io.sys.nowNs - since);
    if (isQuiet) return;
    const time = milliseconds(io.sys.nowNs - since);
    const mark = isDuplicate ? ' (DUP!)' : '';
    await io.out(
      `${octets.length} bytes from ${formatIp(got.from.address)}: seq=${icmp.sequence} ttl=${got.ttl ?? 0} time=${time} ms${mark}\n`,
    );
  };
  const waitUntil = async (untilNs: number): Promise<void> => {
    for (;;) {
      for (let got = socket.receive(); got.ok; got = socket.receive()) await onMessage(got.value);
      const left = untilNs - io.sys.nowNs;
      if (left <= 0 || isInterrupted || received >= count) return;
      const interrupted = new Promise<void>((resolve) => {
        wake = resolve;
      });
      await Promise.race([whenReady(io.sys, socket, left), interrupted]);
    }
  };
  while (
    sentNs.length < count &&
    !isInterrupted &&
    !(endNs !== undefined && io.sys.nowNs >= endNs)
  ) {
    const sequence = sentNs.length & 0xffff;
    sentNs.push(io.sys.nowNs);
    const octets = echoRequest(address, { id, sequence, size, pattern: ZERO });
    const result = socket.send(octets, { address, port: 0 });
    if (!result.ok) {
      socket.close();
      return io.fail(`sendto: ${strerror(result.error)}`);
    }
    if (sentNs.length < count) {
      await waitUntil(Math.min(io.sys.nowNs + intervalNs, endNs ?? Number.POSITIVE_INFINITY));
    }
  }
  // With replies seen, busybox waits for twice the longest round trip, at least a second.
  const lastNs = received > 0 ? Math.max(2 * trips.maxNs, SECOND_NS) : waitNs;
  await waitUntil(Math.min(io.sys.nowNs + lastNs, endNs ?? Number.POSITIVE_INFINITY));
  socket.close();
  const sent = sentNs.length;
  const loss = sent === 0 ? '' : `${Math.trunc(((sent - received) * 100) / sent)}% packet loss`;
  const again = duplicates > 0 ? `${duplicates} duplicates, ` : '';
  await io.out(
    `\n--- ${name} ping statistics ---\n${sent} packets transmitted, ${received} packets received, ${again}${loss}\n`,
  );
  if (trips.count > 0) {
    const times = [trips.minNs, trips.averageNs, trips.maxNs].map(milliseconds);
    await io.out(`round-trip min/avg/max = ${times.join('/')} ms\n`);
  }
  return received > 0 ? 0 : 1;
}

const ZERO = Uint8Array.of(0);

async function bindFrom(
  io: ToolIo,
  socket: { bind(address: Ip, port: number): unknown; bindToDevice(name: string): unknown },
  from: string,
): Promise<number | undefined> {
  const resolved = await resolveName(io.guest, from);
  const address = resolved.ok && resolved.value.literal ? resolved.value.addresses[0] : undefined;
  if (address !== undefined) {
    return socket.bind(address, 0) === undefined
      ? undefined
      : io.fail(`bind: Cannot assign requested address`);
  }
  return socket.bindToDevice(from) === undefined
    ? undefined
    : io.fail(`can't bind to interface ${from}: No such device`);
}
