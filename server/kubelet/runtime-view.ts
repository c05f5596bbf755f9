import { formatIp, type PortHolder } from '../../topology/index.js';
import { type ContainerSlot, containerStatusOf, isReady } from './container-slot.js';
import { inodesOf } from './inodes.js';
import { namespaceOf } from './names.js';
import type { NodeContext } from './node-context.js';
import type { PodWorker } from './pod-worker.js';
import { protocolOf } from './sandbox.js';
import type { ContainerView, PodGlance, PodRuntimeView, PortConflict, PortView } from './view.js';

/** What runs of a pod now. */
export function viewOf(worker: PodWorker, node: NodeContext): PodRuntimeView {
  const { pod, sandbox } = worker;
  const containers = worker.allSlots.map(containerView);
  return {
    uid: worker.uid,
    namespace: namespaceOf(pod),
    name: pod.metadata.name,
    node: node.options.nodeName,
    ip: sandbox?.ip ?? pod.status?.podIP,
    sandbox:
      sandbox === undefined
        ? undefined
        : {
            id: sandbox.id,
            pausePid: sandbox.pause.pid,
            attempt: sandbox.attempt,
            createdNs: sandbox.createdNs,
            namespaces: inodesOf(sandbox.pause),
            hostDevice: sandbox.network?.hostDevice,
            mac: sandbox.network?.mac,
            gateway: sandbox.network?.gateway,
            ops: sandbox.ops,
          },
    containers,
    netnsName: sandbox?.netnsName ?? '',
    ports: portsOf(worker, node),
    conflicts: conflictsOf(worker),
  };
}

/** The part of the view that a picture needs, without what containers are made of. */
export function glanceAt(worker: PodWorker, node: NodeContext): PodGlance {
  return {
    pauseRunning: worker.sandbox !== undefined,
    ports: portsOf(worker, node),
    conflicts: conflictsOf(worker),
  };
}

function conflictsOf({ allSlots }: PodWorker): readonly PortConflict[] {
  return allSlots.flatMap(({ previousRun, run }) => {
    const conflict =
      run?.conflict ?? (run?.state === 'running' ? undefined : previousRun?.conflict);
    return conflict === undefined ? [] : [conflict];
  });
}

function containerView(slot: ContainerSlot): ContainerView {
  const { image, run, spec } = slot;
  const process = run?.process;
  return {
    name: spec.name,
    kind: slot.kind,
    id: run?.id,
    pid: run?.state === 'running' ? process?.pid : undefined,
    argv: run?.config.argv ?? [],
    namespaces: process === undefined ? {} : inodesOf(process),
    state: containerStatusOf(slot, { reason: 'ContainerCreating' }).state ?? {},
    ready: isReady(slot),
    restartCount: slot.restartCount,
    image: {
      requested: spec.image ?? '',
      resolved: image?.reference.canonical,
      imageId: image?.imageId,
      assumed: image?.entry.assumed === true,
    },
    lastError: slot.lastError,
    bundle: run?.config.bundle(),
  };
}

/** Declared and bound ports of a pod, joined by protocol and number, in that order. */
function portsOf(worker: PodWorker, node: NodeContext): readonly PortView[] {
  const rows = new Map<string, PortView>();
  for (const { spec } of worker.allSlots) {
    for (const { containerPort, hostPort, name, protocol = 'TCP' } of spec.ports ?? []) {
      const proto = protocolOf(protocol);
      const row = rows.get(`${proto}/${containerPort}`);
      rows.set(`${proto}/${containerPort}`, {
        ...(row ?? emptyPort(proto, containerPort)),
        portName: row?.portName ?? name,
        declaredBy: [...(row?.declaredBy ?? []), spec.name],
        hostPort: row?.hostPort ?? (hostPort === 0 ? undefined : hostPort),
      });
    }
  }
  for (const holder of holdersOf(worker, node)) {
    const row = rows.get(`${holder.proto}/${holder.port}`);
    const owner = node.runtime.ownerOf(holder.pid);
    if (owner === undefined || owner.config.podUid !== worker.uid) continue;
    const { address, family, pid, state, v6only } = holder;
    const container = owner.config.spec.name;
    const known = row ?? emptyPort(holder.proto, holder.port);
    rows.set(`${holder.proto}/${holder.port}`, {
      ...known,
      bindings: [...known.bindings, { container, pid, address, family, v6only, state }],
      boundBy: known.boundBy ?? container,
      boundPid: known.boundPid ?? pid,
      boundAddress: known.boundAddress ?? formatIp(address),
    });
  }
  return [...rows.values()].sort((a, b) => a.port - b.port || (a.proto < b.proto ? -1 : 1));
}

/** Sockets that wait for others to speak: listeners, and datagram sockets without a peer. */
function holdersOf(worker: PodWorker, node: NodeContext): readonly PortHolder[] {
  const running = worker.allSlots.find(({ run }) => run?.state === 'running')?.run?.process;
  const process = worker.sandbox?.pause.state === 'running' ? worker.sandbox.pause : running;
  if (process === undefined) return [];
  return node.options.host.ports(process).filter(({ remote }) => remote === undefined);
}

function emptyPort(proto: PortView['proto'], port: number): PortView {
  return {
    proto,
    port,
    portName: undefined,
    declaredBy: [],
    bindings: [],
    boundBy: undefined,
    boundPid: undefined,
    boundAddress: undefined,
    hostPort: undefined,
  };
}
