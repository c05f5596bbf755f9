/**
 * tcpdump 4.99.3 with libpcap 1.10.3.
 *
 * Fidelity: of protocols above TCP and UDP it tells DNS, HTTP, SMTP, FTP, SSH, RESP, VXLAN and OTV; others are told by
 * their length. It reads and writes libpcap's files, of microseconds; -C, -G, -W, -d, -E, -y and -T are not there.
 */
import type { CapturedFrame, Ip, PacketSocket } from '../../../../topology/index.js';
import { isIpv4, strerror } from '../../../../topology/index.js';
import { FS_ERRORS } from '../../fs/virtual-file-system.js';
import { SIGNALS } from '../../guest.js';
import { lookupHostsFile, resolveHost } from '../../net/resolver.js';
import { servicePort } from '../../net/services.js';
import { hasCapability } from '../capability.js';
import type { Tool, ToolIo } from '../tool.js';
import { fileHeader, fileRecord, LINK_TYPE, readCaptureFile } from './capture-file.js';
import { compileFilter, namesInFilter } from './filter.js';
import { type FrameTest, field } from './frame-tests.js';
import { HostNames } from './names.js';
import { type Options, parseTcpdump, USAGE, VERSION } from './options.js';
import { type Captured, PacketPrinter } from './printer.js';

/** tcpdump. */
export const tcpdump: Tool = async (io) => {
  const parsed = parseTcpdump(io.args);
  if (!parsed.ok) {
    await io.err(parsed.error);
    return 1;
  }
  const options = parsed.value;
  switch (options.only) {
    case 'version':
      await io.out(VERSION);
      return 0;
    case 'help':
      await io.out(VERSION + USAGE);
      return 0;
    case 'devices':
      return listDevices(io);
    default:
      return options.readFrom === undefined ? capture(io, options) : readBack(io, options);
  }
};

async function listDevices(io: ToolIo): Promise<number> {
  const devices = io.guest.request.viewer?.devices() ?? [];
  const lines = devices
    .filter((device) => device.kind !== 'loopback')
    .map(({ flags, ifname }) => {
      const up = flags.includes('UP');
      const states = [
        ...(up ? ['Up'] : []),
        ...(flags.includes('LOWER_UP') ? ['Running'] : []),
        ...(up ? [flags.includes('LOWER_UP') ? 'Connected' : 'Disconnected'] : []),
      ];
      return `${ifname} [${states.join(', ') || 'none'}]`;
    });
  const pseudo = 'any (Pseudo-device that captures on all interfaces) [Up, Running]';
  const loopback = 'lo [Up, Running, Loopback]';
  const firstUp = lines.filter((line) => line.includes('[Up'));
  const rest = lines.filter((line) => !line.includes('[Up'));
  for (const [index, line] of [...firstUp, pseudo, loopback, ...rest].entries()) {
    await io.out(`${index + 1}.${line}\n`);
  }
  return 0;
}

async function filterOf(
  io: ToolIo,
  options: Options,
  device: string | undefined,
): Promise<FrameTest | string> {
  let text = options.filter;
  if (options.filterFile !== undefined) {
    const read = io.files.readText(io.path(options.filterFile));
    if (!read.ok) return `can't open ${options.filterFile}: ${FS_ERRORS[read.error]}`;
    text = read.value;
  }
  const hosts = new Map<string, readonly Ip[]>();
  for (const name of namesInFilter(text)) {
    const local = lookupHostsFile(io.guest, name);
    if (local !== undefined) hosts.set(name, local.addresses);
  }
  const compile = () =>
    compileFilter(text, {
      host: (name) => hosts.get(name),
      port: (name, protocol) => servicePort(name, protocol),
      broadcasts: broadcastsOf(io, device),
    });
  for (let result = compile(); ; result = compile()) {
    if (result.ok) return result.value;
    // A name that only the name servers may know is asked for when the filter turns out to need it.
    const unknown = /^unknown host '(.*)'$/.exec(result.error)?.[1];
    if (unknown === undefined) return result.error;
    const resolved = await resolveHost(io.guest, unknown);
    if (!resolved.ok) return result.error;
    hosts.set(unknown, resolved.value);
  }
}

function broadcastsOf(io: ToolIo, name: string | undefined): ReadonlySet<number> {
  const devices = io.guest.request.viewer?.devices() ?? [];
  const broadcasts = devices
    .filter(({ ifname }) => ifname === name)
    .flatMap(({ addresses }) => addresses)
    .flatMap(({ broadcast }) => (broadcast !== undefined && isIpv4(broadcast) ? [broadcast] : []));
  return new Set(broadcasts);
}

/** The header of `-i any`: what LINKTYPE_LINUX_SLL2 has instead of Ethernet's. */
function cookedFrame(frame: CapturedFrame, isLoopback: boolean): Uint8Array {
  const { octets } = frame;
  const cooked = new Uint8Array(octets.length + 6);
  cooked.set(octets.subarray(12, 14), 0);
  cooked[7] = frame.ifindex & 0xff;
  cooked[6] = (frame.ifindex >> 8) & 0xff;
  cooked[9] = isLoopback ? 0x04 : 1;
  if (isLoopback) cooked[8] = 0x03;
  cooked[10] = ['host', 'broadcast', 'multicast', 'otherhost', 'outgoing'].indexOf(frame.type);
  cooked[11] = 6;
  cooked.set(octets.subarray(6, 12), 12);
  cooked.set(octets.subarray(14), 20);
  return cooked;
}

/** Where packets go: to a file, or as lines to standard output. */
class Sink {
  private readonly io: ToolIo;
  private readonly options: Options;
  private readonly names: HostNames;
  private readonly printer: PacketPrinter;
  private readonly linkType: number;
  private readonly path: string | undefined;

  constructor(
    io: ToolIo,
    options: Options,
    how: { readonly linkType: number; readonly deviceName: (ifindex: number) => string },
  ) {
    this.io = io;
    this.options = options;
    this.linkType = how.linkType;
    this.names = new HostNames(io);
    this.printer = new PacketPrinter(options.style, { ...how, names: this.names });
    const { writeTo } = options;
    this.path = writeTo === undefined || writeTo === '-' ? undefined : io.path(writeTo);
  }

  /** Writes the head of the file; what went wrong, in words. */
  async begin(): Promise<string | undefined> {
    const { writeTo } = this.options;
    if (writeTo === undefined) return undefined;
    const header = fileHeader(this.linkType, this.options.snapBytes);
    if (this.path === undefined) {
      await this.io.out(header);
      return undefined;
    }
    const failed = this.io.files.writeFile(this.path, header);
    return failed === undefined ? undefined : `${writeTo}: ${FS_ERRORS[failed]}`;
  }

  async packet(packet: Captured): Promise<void> {
    const { options } = this;
    if (options.writeTo !== undefined) {
      const record = fileRecord(packet);
      if (this.path === undefined) await this.io.out(record);
      else this.io.files.writeFile(this.path, record, { append: true });
      if (!options.alsoPrint) return;
    }
    if (!options.style.numeric) {
      const isCooked = this.linkType === LINK_TYPE.sll2;
      const type = field(packet.octets, isCooked ? 0 : 12, 2);
      await this.names.prepare(packet.octets, type, isCooked ? 20 : 14);
    }
    await this.io.out(this.printer.lines(packet));
  }
}

async function capture(io: ToolIo, options: Options): Promise<number> {
  const devices = io.guest.request.viewer?.devices() ?? [];
  const first = devices.find(({ flags, kind }) => kind !== 'loopback' && flags.includes('UP'));
  const name = options.device ?? first?.ifname ?? 'lo';
  const made = hasCapability(io, 'NET_RAW') ? io.sys.packetSocket() : undefined;
  if (made?.ok !== true) {
    return io.fail(
      `${name}: You don't have permission to perform this capture on that device\n(socket: Operation not permitted)`,
    );
  }
  const socket = made.value;
  const isAny = name === 'any';
  const refused = isAny ? undefined : (socket.bind(name) ?? socket.takeError());
  if (refused !== undefined) {
    socket.close();
    if (refused === 'ENETDOWN') return io.fail(`${name}: That device is not up`);
    return io.fail(
      refused === 'ENODEV'
        ? `${name}: No such device exists\n(No such device exists)`
        : `${name}: ${strerror(refused)}`,
    );
  }
  if (options.only === 'link-types') {
    socket.close();
    await io.err(`Data link types for ${name} (use option -y to set):\n  EN10MB (Ethernet)\n`);
    return 0;
  }
  const filter = await filterOf(io, options, name);
  if (typeof filter === 'string') {
    socket.close();
    return io.fail(filter);
  }
  const linkType = isAny ? LINK_TYPE.sll2 : LINK_TYPE.ethernet;
  const deviceName = (ifindex: number): string =>
    io.guest.request.viewer?.devices().find((each) => each.ifindex === ifindex)?.ifname ??
    `if${ifindex}`;
  const sink = new Sink(io, options, { linkType, deviceName });
  const unwritable = await sink.begin();
  if (unwritable !== undefined) {
    socket.close();
    return io.fail(unwritable);
  }
  if (!isAny && options.promiscuous) socket.setPromiscuous();
  socket.setFilter(filter);
  await io.err(greeting(options, name, isAny));
  const live = new LiveCapture(io, options, socket);
  const status = await live.run(sink, isAny);
  socket.close();
  return status;
}

function greeting(options: Options, name: string, isAny: boolean): string {
  const linkName = isAny ? 'LINUX_SLL2 (Linux cooked v2)' : 'EN10MB (Ethernet)';
  const quiet = options.style.verbosity === 0 && options.writeTo === undefined;
  const head = quiet
    ? 'tcpdump: verbose output suppressed, use -v[v]... for full protocol decode\n'
    : 'tcpdump: ';
  const first = isAny ? 'tcpdump: data link type LINUX_SLL2\n' : '';
  return `${first}${head}listening on ${name}, link-type ${linkName}, snapshot length ${options.snapBytes} bytes\n`;
}

/** A capture under way: it ends by -c, by a signal, or with its process. */
class LiveCapture {
  private readonly io: ToolIo;
  private readonly options: Options;
  private readonly socket: PacketSocket;
  private isInterrupted = false;
  private captured = 0;
  private wake: (() => void) | undefined = undefined;

  constructor(io: ToolIo, options: Options, socket: PacketSocket) {
    this.io = io;
    this.options = options;
    this.socket = socket;
    for (const signal of [SIGNALS.INT, SIGNALS.TERM, SIGNALS.HUP, SIGNALS.PIPE]) {
      io.sys.onSignal(signal, () => {
        this.isInterrupted = true;
        this.wake?.();
      });
    }
  }

  async run(sink: Sink, isAny: boolean): Promise<number> {
    const { io, options, socket } = this;
    const limit = options.count ?? Number.POSITIVE_INFINITY;
    while (this.captured < limit && !this.isInterrupted) {
      const got = socket.receive();
      if (got.ok) {
        if (this.wants(got.value)) await sink.packet(this.shape(got.value, isAny));
        continue;
      }
      if (got.error !== 'EAGAIN') {
        await io.err(`tcpdump: pcap_loop: ${strerror(got.error)}\n`);
        break;
      }
      await this.ready();
    }
    if (this.isInterrupted && options.writeTo === undefined) await io.out('\n');
    await this.summary();
    return 0;
  }

  /** libpcap leaves out what `lo` sends, as it comes in by it again. */
  private wants(frame: CapturedFrame): boolean {
    const isOutgoing = frame.type === 'outgoing';
    if (isOutgoing && frame.ifname === 'lo') return false;
    const { direction } = this.options;
    if (direction !== 'inout' && (direction === 'out') !== isOutgoing) return false;
    this.captured++;
    return true;
  }

  private shape(frame: CapturedFrame, isAny: boolean): Captured {
    const whole = isAny ? cookedFrame(frame, frame.ifname === 'lo') : frame.octets;
    const epochMs = this.io.guest.wallMs - Math.floor(this.io.sys.nowNs / 1e6);
    const microseconds = epochMs * 1000 + Math.floor(frame.atNs / 1000);
    return {
      octets: whole.subarray(0, this.options.snapBytes),
      originalBytes: whole.length,
      seconds: Math.floor(microseconds / 1e6),
      microseconds: microseconds % 1e6,
    };
  }

  private ready(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = () => {
        this.wake = undefined;
        this.socket.onReady = undefined;
        resolve();
      };
      this.socket.onReady = this.wake;
    });
  }

  private async summary(): Promise<void> {
    const { dropped, received } = this.socket.takeStatistics();
    const packets = (count: number, what: string) =>
      `${count} packet${count === 1 ? '' : 's'} ${what}\n`;
    await this.io.err(
      packets(this.captured, 'captured') +
        packets(received, 'received by filter') +
        packets(dropped, 'dropped by kernel'),
    );
  }
}

async function readBack(io: ToolIo, options: Options): Promise<number> {
  const name = options.readFrom ?? '';
  const read = await io.read(name);
  if (!read.ok) return io.fail(`${name}: ${FS_ERRORS[read.error]}`);
  const file = readCaptureFile(read.value);
  if (!file.ok) return io.fail(file.error);
  const { complaint, frames, linkType, snapBytes } = file.value;
  const filter = await filterOf(io, options, undefined);
  if (typeof filter === 'string') return io.fail(filter);
  const linkName =
    linkType === LINK_TYPE.sll2 ? 'LINUX_SLL2 (Linux cooked v2)' : 'EN10MB (Ethernet)';
  await io.err(`reading from file ${name}, link-type ${linkName}, snapshot length ${snapBytes}\n`);
  const sink = new Sink(io, options, { linkType, deviceName: (ifindex) => `if${ifindex}` });
  const unwritable = await sink.begin();
  if (unwritable !== undefined) return io.fail(unwritable);
  let count = 0;
  for (const frame of frames) {
    const ethernet = linkType === LINK_TYPE.sll2 ? uncooked(frame.octets) : frame.octets;
    if (!filter(ethernet)) continue;
    count++;
    if (options.only !== 'count') await sink.packet(frame);
    if (count === options.count) break;
  }
  if (options.only === 'count') await io.out(`${count} packet${count === 1 ? '' : 's'}\n`);
  if (complaint === undefined) return 0;
  return io.fail(`pcap_loop: ${complaint}`);
}

/** A frame of `-i any` as filters ask it. */
function uncooked(cooked: Uint8Array): Uint8Array {
  const octets = new Uint8Array(Math.max(14, cooked.length - 6));
  octets.set(cooked.subarray(12, 18), 6);
  octets.set(cooked.subarray(0, 2), 12);
  octets.set(cooked.subarray(20), 14);
  return octets;
}
