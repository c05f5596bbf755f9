import { parseMac } from '../../../topology/addr/index.js';
import { printOp } from '../../../topology/kernel/command/index.js';
import type { Device, KernelOp, PacketType } from '../../../topology/kernel/index.js';
import { Skb } from '../../../topology/kernel/skb.js';
import { parseFrame } from '../../../topology/wire/index.js';
import { buildLab } from '../build.js';
import { changeCommand } from '../change.js';
import { type HopFields, hopAt, isBackground, type MacRoles } from '../hop.js';
import type {
  RecordedChange,
  RecordedHop,
  RecordedLab,
  RecordedProbe,
  RecordedResult,
  RecordedStep,
  RecordedTopology,
} from '../recorded.js';
import type { RecordedState } from '../state.js';
import type { LiveAnswer, LiveFrame, LiveKernel, LiveLab, LiveState, LiveStep } from './agent.js';
import { completeChecksums } from './checksums.js';

/** A lab that was not run yet. */
export interface LabPlan {
  readonly id: string;
  readonly title: string;
  readonly topology: RecordedTopology;
  readonly macs: MacRoles;
  readonly steps: readonly (
    | { readonly change: RecordedChange }
    | { readonly probe: RecordedProbe }
  )[];
}

/**
 * The kernel got an ICMPv6 error while connect() still held the socket, and set it aside until the next SYN: without
 * any delay on the way the answer is there before the call returns. Over IPv4 the program is told at once all the
 * same. Such a lab tells nothing.
 */
export class SocketBusy extends Error {}

const PAUSE_MS = 100;
const KINDS: readonly PacketType[] = ['host', 'broadcast', 'multicast', 'otherhost'];
const PACKET_OUTGOING = 4;
/**
 * Runs a lab in the kernel of this machine and gives what it did, in the form of the recordings. The lab is built
 * from the commands that podnet prints of its own ops; throws when the kernel refuses one.
 */
export async function record(plan: LabPlan, kernel: LiveKernel): Promise<RecordedLab> {
  const answers = await kernel.run(liveLab(plan));
  const busy = plan.steps.findIndex(
    (step, index) =>
      'probe' in step && step.probe.dst.includes(':') && (answers[index]?.lock_dropped ?? 0) > 0,
  );
  if (busy >= 0) throw new SocketBusy(`step ${busy + 1}: an ICMP error found its socket in use`);
  const steps = plan.steps.map((step, index): RecordedStep => {
    const answer = answers[index] ?? {};
    return 'change' in step
      ? { ...step, rc: answer.rc ?? 0, stderr: answer.stderr ?? '', pause_ms: answer.pause_ms ?? 0 }
      : recordedStep(step.probe, answer, plan.macs);
  });
  return { ...plan, steps };
}

/** What the agent needs to know of a lab. */
export function liveLab({ topology, steps }: LabPlan): LiveLab {
  const ops: KernelOp[] = [];
  buildLab(topology, (op) => ops.push(op));
  const bridges = topology.bridges.map((bridge) => [bridge.ns, bridge.if] as const);
  return {
    netns: topology.netns.map(({ name }) => name),
    ipv6: topology.ipv6 !== undefined,
    ...(topology.offload === undefined ? {} : { offload: topology.offload }),
    commands: ops.filter((op) => op.op !== 'netns.add' && !setsPortState(op)).flatMap(printOp),
    lateCommands: ops.filter(setsPortState).flatMap(printOp),
    bridges,
    fdbNetns: [...new Set([...bridges.map(([ns]) => ns), ...topology.vxlans.map(({ ns }) => ns)])],
    listeners: topology.listeners,
    steps: steps.map((step) => ('probe' in step ? { probe: step.probe } : changeStep(step.change))),
    pause_ms: PAUSE_MS,
  };
}

/** A port that gets its carrier is enabled once more, so its state is set when all links are settled. */
function setsPortState(op: KernelOp): boolean {
  return op.op === 'bridge.port' && op.state !== undefined;
}

function changeStep(change: RecordedChange): LiveStep {
  switch (change.op) {
    case 'sleep':
      return { sleep_ms: change.ms };
    case 'sysctl': {
      const sets = Object.entries(change.set).map(
        ([key, value]) => `ip netns exec ${change.ns} sysctl -qw '${key}=${value}'`,
      );
      return { command: sets.join(' && ') };
    }
    default: {
      const made = changeCommand(change);
      if (made === undefined)
        throw new Error(`${change.op} cannot be done in the kernel of this machine yet`);
      const { netns, command, input } = made;
      const here = input === undefined ? '' : ` <<'END'\n${input}\nEND`;
      return { command: `ip netns exec ${netns} ${command}${here}` };
    }
  }
}

function recordedStep(probe: RecordedProbe, answer: LiveAnswer, macs: MacRoles): RecordedStep {
  const hops = (answer.frames ?? []).flatMap((frame) => {
    const hop = hopOf(frame, macs);
    return hop === undefined ? [] : [hop];
  });
  return {
    probe,
    result: answer.result as unknown as RecordedResult,
    hops,
    pause_ms: answer.pause_ms ?? PAUSE_MS,
    state_after: recordedState(answer.state ?? {}, macs),
  };
}

function hopOf([, ns, ifname, kind, hex]: LiveFrame, roles: MacRoles): RecordedHop | undefined {
  const octets = new Uint8Array(Buffer.from(hex, 'hex'));
  completeChecksums(octets);
  const parsed = parseFrame(octets);
  const direction = kind === PACKET_OUTGOING ? 'out' : 'in';
  const at = { ns, if: ifname };
  if (!parsed.ok) return { ...at, dir: direction, malformed: JSON.stringify(parsed.error) };
  if (isBackground(parsed.value.packet)) return undefined;
  const { src, dst, etherType, packet } = parsed.value;
  const skb = new Skb(packet, etherType);
  skb.srcMac = src;
  skb.dstMac = dst;
  const device = { name: ifname, netns: { name: ns } } as unknown as Device;
  const fields: HopFields = hopAt(device, direction, {
    skb,
    type: KINDS[kind] ?? 'outgoing',
    roles,
  });
  return { ...fields, ...at };
}

function recordedState(state: Readonly<Record<string, LiveState>>, roles: MacRoles): RecordedState {
  const role = (mac: string): string => {
    const parsed = parseMac(mac);
    return parsed.ok ? (roles[mac] ?? mac) : mac;
  };
  return Object.fromEntries(
    Object.entries(state).map(([ns, { neigh, fdb, conntrack }]) => [
      ns,
      {
        neigh: neigh
          .filter((entry) => !entry.state.includes('NOARP'))
          .map(({ dst, dev, lladdr, state: [nud = ''] }) => ({
            dst,
            dev,
            ...(lladdr === undefined ? {} : { lladdr: role(lladdr) }),
            state: nud,
          })),
        fdb: fdb
          .filter(
            ({ mac, state: kind, dst }) =>
              dst !== undefined || (kind !== 'permanent' && isUnicast(mac)),
          )
          .map(({ mac, ifname, dst }) => ({
            mac: role(mac),
            if: ifname,
            ...(dst === undefined ? {} : { dst }),
          })),
        conntrack: conntrack.flatMap(connection),
      },
    ]),
  );
}

function isUnicast(mac: string): boolean {
  return (Number.parseInt(mac.slice(0, 2), 16) & 1) === 0;
}

/** `ipv4     2 tcp      6 9 CLOSE src=… [ASSURED] mark=0 zone=0 use=2` of nf_conntrack. */
function connection(line: string): { l3: string; l4: string; state?: string; tuple: string }[] {
  const found =
    /^(\w+)\s+\d+ (\w+)\s+\d+ (?:\d+ )?(?:([A-Z][A-Z_0-9]*) )?(src=.*?)(?: zone=\d+)?(?: delta-time=\d+)? use=\d+$/.exec(
      line.trim(),
    );
  if (found === null) return [];
  const [, l3 = '', l4 = '', state, tuple = ''] = found;
  // Group membership reports are not recorded.
  if (tuple.includes('dst=224.0.0.22 ')) return [];
  return [{ l3, l4, ...(state === undefined ? {} : { state }), tuple }];
}
