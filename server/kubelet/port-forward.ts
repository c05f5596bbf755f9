import type { Duplex } from 'node:stream';
import {
  fail,
  formatIp,
  IPV6_LOOPBACK,
  ipv4,
  type Process,
  type Result,
} from '../../topology/index.js';
import { connectStream } from './connect-stream.js';
import type { NodeHost } from './contract.js';
import { goErrno } from './dial.js';
import type { Sandbox } from './sandbox.js';

/** In the order that they are tried. */
const LOCALHOST = [
  { family: 'tcp4', address: ipv4(0x7f00_0001) },
  { family: 'tcp6', address: IPV6_LOOPBACK },
] as const;

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
  const { sys } = cloned.value;
  const refusals: string[] = [];
  for (const { address, family } of LOCALHOST) {
    const connected = await connectStream({
      sys,
      address,
      port,
      signal,
      closed: () => sys.exit(0),
    });
    if (connected.ok) {
      keep(pause, connected.value);
      return connected;
    }
    const host = typeof address === 'number' ? formatIp(address) : `[${formatIp(address)}]`;
    refusals.push(`dial ${family} ${host}:${port}: ${connected.error}`);
  }
  sys.exit(0);
  return failed(
    `failed to connect to localhost:${port} inside namespace "${id}", IPv4: ${refusals.join(' IPv6 ')} `,
  );
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
