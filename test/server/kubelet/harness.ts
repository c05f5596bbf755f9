import { EventRecorder } from '../../../server/api/index.js';
import type { ContainerStatus, Pod } from '../../../server/contract/kube.js';
import { uuid } from '../../../server/kube/uuid.js';
import { WallTime } from '../../../server/kube/wall-time.js';
import {
  type CniPlugin,
  Kubelet,
  type KubeletOptions,
  type PodStep,
} from '../../../server/kubelet/index.js';
import type { ProgramRequest } from '../../../server/program/index.js';
import {
  hasExecutable,
  imageRegistry,
  parseImageReference,
} from '../../../server/registry/index.js';
import { createMemoryStore } from '../../../server/store/index.js';
import {
  encodeUtf8,
  fail,
  ipv4,
  ok,
  Rng,
  SECOND,
  SimClock,
  type Socket,
} from '../../../topology/index.js';
import { Host } from '../../../topology/kernel/host.js';
import { Softirq } from '../../../topology/kernel/softirq.js';

const EPOCH_MS = Date.UTC(2026, 0, 1);

/** Handles a test may use to steer the fake programs. */
export interface Levers {
  /** Commands that exec answers with this exit code; 0 for others. */
  readonly execExit: Map<string, number>;
  /** HTTP status that `serve` answers with; 0 says nothing at all. */
  httpStatus: number;
}

/** A node with a real kernel, a network plugin that only counts, and programs told by their arguments. */
export function makeNode(
  overrides: Partial<KubeletOptions> & { readonly addresses?: number } = {},
) {
  const clock = new SimClock();
  const store = createMemoryStore();
  const softirq = new Softirq(clock);
  const host = new Host({ name: 'node1', clock, rng: new Rng(1), softirq });
  const rng = new Rng(7);
  const steps: PodStep[] = [];
  const released: string[] = [];
  const levers: Levers = { execExit: new Map(), httpStatus: 200 };
  let next = 2;
  const cni: CniPlugin = {
    add: () => {
      const { addresses = 250 } = overrides;
      if (next - 2 >= addresses) {
        return fail({
          code: 11,
          msg: 'failed to allocate for range 0: no IP addresses available in range set: 10.244.1.1-10.244.1.254',
          details: '',
        });
      }
      const ip = `10.244.1.${next++}`;
      return ok({
        ip,
        gateway: '10.244.1.1',
        mac: '02:00:00:00:00:01',
        hostDevice: `veth${next}`,
        ops: [],
      });
    },
    del: ({ containerId }) => {
      released.push(containerId);
    },
  };
  const time = new WallTime(clock, EPOCH_MS);
  const options: KubeletOptions = {
    nodeName: 'node1',
    nodeIp: '127.0.0.1',
    store,
    events: new EventRecorder({ store, clock, time, newUid: () => uuid(() => rng.unit()) }),
    clock,
    timestamp: () => time.now(),
    host: {
      name: 'node1',
      processes: host.processes,
      apply: (ops) => host.apply(ops),
      labelNetns: () => undefined,
      ports: (process) => host.netnsByInode(process.namespaces.net.inode)?.sockets.holders() ?? [],
    },
    cni,
    startProgram: (request) => fakeProgram(request, levers),
    images: imageRegistry,
    journey: (step) => steps.push(step),
    random: () => rng.unit(),
    clusterDns: '10.96.0.10',
    clusterDomain: 'cluster.local',
    ...overrides,
  };
  const kubelet = new Kubelet(options);
  kubelet.start();
  const pod = (name: string): Pod | undefined => store.get('pods', 'default', name);
  const status = (name: string, container = 'web'): ContainerStatus | undefined =>
    [
      ...(pod(name)?.status?.containerStatuses ?? []),
      ...(pod(name)?.status?.initContainerStatuses ?? []),
    ].find((each) => each.name === container);
  return {
    clock,
    store,
    host,
    kubelet,
    options,
    steps,
    released,
    levers,
    pod,
    status,
    create: (object: Pod): void => {
      const made = store.create('pods', object);
      if (!made.ok) throw new Error(made.error.code);
    },
    /** Marks the pod as deleted, as the API does. */
    remove: (name: string, graceSeconds = 30): void => {
      const current = pod(name);
      if (current === undefined) throw new Error(`no pod ${name}`);
      store.update('pods', {
        ...current,
        metadata: {
          ...current.metadata,
          deletionTimestamp: '2026-01-01T00:00:00Z',
          deletionGracePeriodSeconds: graceSeconds,
        },
      });
    },
    /** Lets simulated time pass, a promise turn at a time. */
    run: (seconds: number): void => clock.advance(seconds * SECOND),
    /** `reason: message` of the events about a pod, in order of time. */
    events: (name: string): readonly string[] =>
      store
        .list('events')
        .filter((event) => event.involvedObject.name === name)
        .sort((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion))
        .map(({ message, reason }) => `${reason}: ${message}`),
    waitingReason: (name: string, container = 'web') =>
      status(name, container)?.state?.waiting?.reason,
    waitingMessage: (name: string, container = 'web') =>
      status(name, container)?.state?.waiting?.message,
  };
}

/** A pod of one container named `web`, unless the spec says more. */
export function podOf(
  name: string,
  spec: Partial<Pod['spec']> & { readonly args?: readonly string[] } = {},
): Pod {
  const { args = ['run'], ...rest } = spec;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', uid: `uid-${name}` },
    spec: {
      nodeName: 'node1',
      restartPolicy: 'Always',
      containers: [{ name: 'web', image: 'example.com/app:1', args }],
      ...rest,
    },
  };
}

function fakeProgram(request: ProgramRequest, levers: Levers) {
  const { sys } = request;
  const words = request.argv.slice(1);
  const parsed = parseImageReference(request.image.reference);
  const image = parsed.ok ? imageRegistry.pull(parsed.value, () => true).result : undefined;
  const program = request.argv[0] ?? '';
  if (image?.ok === true && !hasExecutable(image.value.entry, program)) {
    const text = `exec: "${program}": executable file not found in $PATH`;
    return fail({ kind: 'not-found' as const, text });
  }
  const handle = {
    console: deafConsole(),
    exec: ({ argv, sys: own, write }: Parameters<ReturnType<typeof noExec>>[0]) => {
      const line = argv.join(' ');
      if (line === 'hang') return ok(session());
      write('stdout', encodeUtf8(`ran ${line}\n`));
      own.exit(levers.execExit.get(line) ?? 0);
      return ok(session());
    },
  };
  switch (words[0]) {
    case 'exit': {
      const leave = () => sys.exit(Number(words[1]));
      if (words[2] === undefined) leave();
      else sys.schedule(Number(words[2]) * SECOND, leave);
      break;
    }
    case 'serve':
      serve(request, Number(words[1]), levers);
      sys.onSignal(15, () => sys.exit(0));
      break;
    case 'stubborn':
      break;
    default:
      for (const signal of [3, 15]) sys.onSignal(signal, () => sys.exit(0));
  }
  return ok(handle);
}

function noExec() {
  return (
    _request: Parameters<import('../../../server/program/index.js').ProgramHandle['exec']>[0],
  ) => undefined;
}

function session() {
  return { exitCode: Promise.resolve(0), ...deafConsole() };
}

function deafConsole() {
  return { writeInput: () => undefined, closeInput: () => undefined, resize: () => undefined };
}

function serve(request: ProgramRequest, port: number, levers: Levers): void {
  const { sys, write } = request;
  const made = sys.socket('inet', 'stream');
  if (!made.ok) {
    sys.exit(1);
    return;
  }
  const listener = made.value;
  const errno = listener.bind(ipv4(0), port) ?? listener.listen(128);
  if (errno !== undefined) {
    write('stderr', encodeUtf8(`bind() to 0.0.0.0:${port} failed (98: Address already in use)\n`));
    request.onBindFailure?.({ proto: 'tcp', address: ipv4(0), port, errno });
    sys.exit(1);
    return;
  }
  const accept = () => {
    for (let got = listener.accept(); got.ok; got = listener.accept()) answer(got.value, levers);
  };
  listener.onReady = accept;
  accept();
}

function answer(socket: Socket, levers: Levers): void {
  const look = () => {
    const got = socket.receive();
    if (!got.ok) return;
    if (got.value.octets.length > 0 && levers.httpStatus === 0) return;
    if (got.value.octets.length > 0)
      socket.send(encodeUtf8(`HTTP/1.1 ${levers.httpStatus} X\r\nContent-Length: 0\r\n\r\n`));
    socket.close();
  };
  socket.onReady = look;
  look();
}
