import type { Duplex } from 'node:stream';
import { fail, formatIp, type Ip, ok, type Process, type Result } from '../../topology/index.js';
import type { NodeHost } from './contract.js';
import { dial, goErrno } from './dial.js';
import type { Sandbox } from './sandbox.js';
import { socketStream } from './socket-stream.js';

const LOOPBACK = 0x7f00_0001 as Ip;
const LOOPBACK_V6 = 1n as Ip;

/** Connects to ports inside a pod. */
export interface PodPortForwarder {
  readonly sandboxId: string;
  /** Fails in the runtime's words; an abort gives the attempt up. */
  connect(port: number, signal: AbortSignal): Promise<Result<Duplex, string>>;
}

/** Connections that were forwarded into a sandbox, by its pause process. */
const forwarded = new WeakMap<Process, Set<Duplex>>();

/**
 * CRI PortForward: a process of the runtime enters the sandbox's network namespace and connects to localhost, by IPv4
 * and then by IPv6. Fails in containerd's words (`sandbox_portforward_linux.go`). Waits on the simulated clock. The
 * connection ends with the sandbox.
 */
export async function forwardIntoSandbox(request: {
  readonly host: NodeHost;
  readonly sandbox: Sandbox;
  readonly port: number;
  readonly signal: AbortSignal;
}): Promise<Result<Duplex, string>> {
  const { host, port, sandbox, signal } = request;
  const { id, netnsName, pause } = sandbox;
  if (pause.state !== 'running') return fail(`sandbox container "${id}" is not running`);
  const cloned = host.processes.clone({
    comm: 'containerd',
    argv: ['/usr/bin/containerd'],
    join: { of: pause, kinds: ['net'] },
  });
  const netns = netnsName === '' ? 'host' : `/var/run/netns/${netnsName}`;
  const failed = (words: string) =>
    fail(`failed to execute portforward in network namespace "${netns}": ${words}`);
  if (!cloned.ok) return failed(goErrno(cloned.error));
  const process = cloned.value;
  const first = await connect({ process, pause, address: LOOPBACK, port, signal });
  if (first.ok) return first;
  const second = await connect({ process, pause, address: LOOPBACK_V6, port, signal });
  if (second.ok) return second;
  process.sys.exit(0);
  return failed(
    `failed to connect to localhost:${port} inside namespace "${id}", IPv4: ${first.error} IPv6 ${second.error} `,
  );
}

interface Attempt {
  readonly process: Process;
  readonly pause: Process;
  readonly address: Ip;
  readonly port: number;
  readonly signal: AbortSignal;
}

function connect(attempt: Attempt): Promise<Result<Duplex, string>> {
  const { address, pause, port, process, signal } = attempt;
  const isV4 = typeof address === 'number';
  const where = isV4 ? `tcp4 ${formatIp(address)}:${port}` : `tcp6 [${formatIp(address)}]:${port}`;
  return new Promise((resolve) => {
    let giveUp: () => void = () => undefined;
    const abort = (): void => {
      giveUp();
      settle(fail(`dial ${where}: operation was canceled`));
    };
    const settle = (result: Result<Duplex, string>): void => {
      signal.removeEventListener('abort', abort);
      resolve(result);
    };
    signal.addEventListener('abort', abort);
    if (signal.aborted) {
      abort();
      return;
    }
    giveUp = dial(process.sys, address, port, {
      connected: (socket) => {
        socket.setOption('TCP_NODELAY', 1);
        const stream = socketStream(socket, () => process.sys.exit(0));
        keep(pause, stream);
        settle(ok(stream));
      },
      failed: (errno) => settle(fail(`dial ${where}: connect: ${goErrno(errno)}`)),
    });
  });
}

/** The connection goes when the sandbox does. */
function keep(pause: Process, stream: Duplex): void {
  const known = forwarded.get(pause);
  const streams = known ?? new Set<Duplex>();
  if (known === undefined) {
    forwarded.set(pause, streams);
    pause.onExit(() => {
      for (const one of streams) one.destroy();
    });
  }
  streams.add(stream);
  stream.once('close', () => streams.delete(stream));
}
