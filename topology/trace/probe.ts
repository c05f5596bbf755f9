import { formatIp, type Ip } from '../addr/index.js';
import type { DropReason } from '../kernel/drop.js';
import type { Errno } from '../kernel/errno.js';
import { strerror } from '../kernel/errno.js';
import type { Process, Socket } from '../kernel/sys.js';
import type { TraceStep } from '../kernel/trace.js';
import { ICMP_HEADER_BYTES, ICMP4 } from '../wire/index.js';
import type { Disposition, Journey } from './journey.js';
import { type Loss, type PlaceNames, Recorder } from './recorder.js';

/** What to send. */
export interface ProbeRequest {
  /** A process in the namespace that sends; the probe ends it. */
  readonly process: Process;
  readonly protocol: 'tcp' | 'udp' | 'icmp';
  readonly dst: Ip;
  /** Destination port; not used by ICMP. */
  readonly port: number;
  readonly title: string;
  readonly ttl?: number;
  /** Octets of payload: default 0 for TCP, 12 for UDP, 56 for ICMP. */
  readonly sizeBytes?: number;
  readonly dontFragment?: boolean;
  /** Gives up after this much simulated time; default 8 s, longer than ARP takes to fail and a SYN to be tried four times. */
  readonly timeoutNs?: number;
  readonly names: PlaceNames;
}

/** What came of a probe: the journey, and the recorder for captures. */
export interface ProbeResult {
  readonly journey: Journey;
  readonly recorder: Recorder;
}

const DEFAULT_TIMEOUT_NS = 8_000_000_000;
/** How long a finished probe still listens, so that the last acknowledgements are part of the journey. */
const LINGER_NS = 5_000_000;

interface Outcome {
  readonly disposition: Disposition;
  readonly summary: string;
}

/**
 * Sends one packet, or opens one connection, from a namespace and records every step of it and of all it causes.
 * Calls back once, in simulated time.
 */
export function sendProbe(request: ProbeRequest, done: (result: ProbeResult) => void): void {
  new Probe(request, done).start();
}

class Probe {
  private readonly request: ProbeRequest;
  private readonly done: (result: ProbeResult) => void;
  private readonly recorder = new Recorder();
  private readonly startedNs: number;
  private outcome: Outcome | undefined;
  private socket: Socket | undefined;

  constructor(request: ProbeRequest, done: (result: ProbeResult) => void) {
    this.request = request;
    this.done = done;
    this.startedNs = request.process.sys.nowNs;
  }

  start(): void {
    const { sys } = this.request.process;
    const { protocol, ttl } = this.request;
    const type = protocol === 'tcp' ? 'stream' : protocol === 'udp' ? 'dgram' : 'ping';
    const opened = sys.socket(typeof this.request.dst === 'number' ? 'inet' : 'inet6', type);
    if (!opened.ok) {
      this.settle(this.failed(opened.error, 'opening a socket'));
      return;
    }
    this.socket = opened.value;
    opened.value.trace = this.recorder;
    opened.value.setOption('IP_RECVERR', 1);
    if (ttl !== undefined) opened.value.setOption('IP_TTL', ttl);
    if (this.request.dontFragment === true) opened.value.setOption('IP_MTU_DISCOVER', 2);
    sys.schedule(this.request.timeoutNs ?? DEFAULT_TIMEOUT_NS, () => this.settle(this.timedOut()));
    opened.value.onReady = () => this.ready();
    const errno = opened.value.connect(this.request.dst, this.request.port);
    if (errno !== undefined && errno !== 'EINPROGRESS') {
      this.settle(this.failed(errno, 'connecting'));
      return;
    }
    if (protocol !== 'tcp') this.sendDatagram(opened.value);
  }

  private sendDatagram(socket: Socket): void {
    const { protocol, sizeBytes } = this.request;
    const octets = protocol === 'icmp' ? echoRequest(sizeBytes ?? 56) : filler(sizeBytes ?? 12);
    const sent = socket.send(octets);
    if (!sent.ok) this.settle(this.failed(sent.error, 'sending'));
    else if (this.request.protocol === 'udp') {
      this.request.process.sys.schedule(LINGER_NS * 20, () => this.udpDelivered());
    }
  }

  /** UDP needs no answer: that a socket took the datagram is success enough. */
  private udpDelivered(): void {
    const delivered = this.deliveryAtPeer();
    if (this.outcome === undefined && delivered !== undefined) {
      this.settle({
        disposition: 'delivered',
        summary: `${delivered.reason}, in ${this.placeOf(delivered)}; UDP asks for no answer`,
      });
    }
  }

  private ready(): void {
    const { socket } = this;
    if (socket === undefined || this.outcome !== undefined) return;
    const pending = socket.takeError();
    if (pending !== undefined) {
      this.settle(this.failed(pending, 'waiting for an answer'));
      return;
    }
    if (this.request.protocol !== 'tcp') {
      this.datagramReady(socket);
      return;
    }
    if (socket.state !== 'ESTAB') return;
    const sizeBytes = this.request.sizeBytes ?? 0;
    if (sizeBytes > 0) socket.send(filler(sizeBytes));
    this.settle({ disposition: 'delivered', summary: this.connectedSentence() });
  }

  private datagramReady(socket: Socket): void {
    const queued = socket.receiveError();
    if (queued.ok) {
      this.settle(this.failed(queued.value.errno, 'waiting for an answer'));
      return;
    }
    const received = socket.receive();
    if (!received.ok) {
      if (received.error !== 'EAGAIN')
        this.settle(this.failed(received.error, 'waiting for an answer'));
      return;
    }
    const from = formatIp(received.value.from.address);
    const verb = this.request.protocol === 'icmp' ? 'echo reply' : 'answer';
    this.settle({ disposition: 'delivered', summary: `${from} sent an ${verb}` });
  }

  private connectedSentence(): string {
    const step = this.deliveryAtPeer();
    return step === undefined
      ? 'the connection is established'
      : `the connection is established: ${step.reason}, in ${this.placeOf(step)}`;
  }

  private deliveryAtPeer(): TraceStep | undefined {
    return this.recorder.find(
      (step) => step.component === 'socket' && step.action === 'deliver' && step.packetId === 0,
    );
  }

  private failed(errno: Errno, during: string): Outcome {
    const refused = errno === 'ECONNREFUSED' || errno === 'ECONNRESET';
    const loss = decisiveLoss(this.recorder.losses(), false);
    const because =
      loss === undefined
        ? ''
        : `: in ${this.placeOf(loss.step)}, ${loss.step.reason}${this.behind(loss)}`;
    return {
      disposition: refused ? 'refused' : loss === undefined ? 'error' : 'dropped',
      summary: `${strerror(errno)} (${errno}) while ${during}${because}`,
    };
  }

  private timedOut(): Outcome {
    const loss = decisiveLoss(this.recorder.losses(), true);
    if (loss === undefined)
      return {
        disposition: 'timeout',
        summary: 'no answer came, and nothing was seen to be dropped',
      };
    return {
      disposition: 'dropped',
      summary: `dropped in ${this.placeOf(loss.step)}: ${loss.step.reason} (${loss.reason})${this.behind(loss)}`,
    };
  }

  private placeOf({ host, netns }: TraceStep): string {
    const { place } = this.request.names(host, netns);
    return netns === '' ? place : `${place} on ${host}`;
  }

  /** Why nobody answered who has the next hop, when the question itself was lost. */
  private behind(loss: Loss): string {
    if (loss.reason !== 'neighbor-unresolved') return '';
    const question = this.recorder
      .losses()
      .find((l) => l.step.view.packet.kind === 'arp' && !HARMLESS.has(l.reason));
    return question === undefined ? '' : `; ${question.step.host}: ${question.step.reason}`;
  }

  private settle(outcome: Outcome): void {
    if (this.outcome !== undefined) return;
    this.outcome = outcome;
    const { sys } = this.request.process;
    this.socket?.close();
    sys.schedule(LINGER_NS, () => this.finish(outcome));
  }

  private finish(outcome: Outcome): void {
    const { sys } = this.request.process;
    const { recorder } = this;
    const hops = recorder.hops(this.request.names);
    const note = recorder.truncated ? ' (the record was cut: too many steps)' : '';
    const journey: Journey = {
      kind: 'packet',
      id: `packet-${this.startedNs}-${sys.pid}`,
      title: this.request.title,
      disposition: outcome.disposition,
      summary: `${outcome.summary}${note}`,
      startedNs: this.startedNs,
      endedNs: recorder.steps.at(-1)?.atNs ?? this.startedNs,
      hops,
    };
    this.done({ journey, recorder });
    sys.exit(0);
  }
}

/** What becomes of copies that a switch floods to those whom they do not concern. */
const HARMLESS: ReadonlySet<DropReason> = new Set([
  'other-host',
  'arp-ignored',
  'bridge-same-port',
]);

/** The loss that decided: of the probe itself, else of what it caused; ARP and harmless losses only for want of better. */
function decisiveLoss(losses: readonly Loss[], evenArp: boolean): Loss | undefined {
  const isArp = (loss: Loss) => loss.step.view.packet.kind === 'arp';
  const grave = losses.filter((loss) => !HARMLESS.has(loss.reason));
  const found =
    grave.find((loss) => loss.step.packetId === 0) ?? grave.find((loss) => !isArp(loss));
  if (found !== undefined) return found;
  return evenArp ? (grave[0] ?? losses[0]) : losses.find((loss) => !isArp(loss));
}

function filler(sizeBytes: number): Uint8Array {
  return new Uint8Array(sizeBytes).fill(0x70);
}

/** An echo request as a ping socket takes it: header first; the kernel fills in identifier and checksum. */
function echoRequest(sizeBytes: number): Uint8Array {
  const octets = filler(ICMP_HEADER_BYTES + sizeBytes);
  octets.set([ICMP4.echoRequest, 0, 0, 0, 0, 0, 0, 1]);
  return octets;
}
