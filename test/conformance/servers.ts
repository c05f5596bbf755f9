import { formatIp } from '../../topology/addr/index.js';
import type { Host, Process, Socket } from '../../topology/kernel/index.js';
import type { Servers } from './change.js';
import { LabError } from './lab-error.js';
import type { RecordedArrival, RecordedListener, RecordedTopology } from './recorded.js';
import { address, domainOf, endpoint } from './words.js';

interface Server {
  readonly listener: RecordedListener;
  readonly process: Process;
}

/** The servers of a lab: TCP ones accept and read, UDP ones echo. */
export class LabServers implements Servers {
  /** What reached them since `forget`. */
  readonly arrivals: RecordedArrival[] = [];
  /** Octets read from connections since `forget`. */
  receivedBytes = 0;
  private readonly host: Host;
  private readonly servers: Server[] = [];
  private readonly accepted: Socket[] = [];

  constructor(host: Host, topology: RecordedTopology) {
    this.host = host;
    for (const [index, listener] of topology.listeners.entries()) {
      this.listen(listener, `topology.listeners[${index}]`);
    }
  }

  listen(listener: RecordedListener, path: string): void {
    const { ns, proto, addr, port, v6only } = listener;
    const process = spawn(this.host, { netns: ns, comm: 'server', path });
    const made = process.sys.socket(domainOf(addr), proto === 'tcp' ? 'stream' : 'dgram');
    if (!made.ok) throw new LabError(path, `socket: ${made.error}`);
    const socket = made.value;
    socket.setOption('SO_REUSEADDR', 1);
    if (domainOf(addr) === 'inet6') socket.setOption('IPV6_V6ONLY', v6only === true ? 1 : 0);
    const errno =
      socket.bind(address(addr), port) ?? (proto === 'tcp' ? socket.listen(128) : undefined);
    if (errno !== undefined) throw new LabError(path, `bind to ${addr} port ${port}: ${errno}`);
    this.servers.push({ listener, process });
    // A server is woken by what arrived, and runs when the softirq is done.
    const wake =
      proto === 'tcp' ? () => this.accept(socket, ns) : () => this.echo(socket, ns, port);
    socket.onReady = () => {
      process.sys.schedule(0, wake);
    };
  }

  close(which: Parameters<Servers['close']>[0], path: string): void {
    const at = this.servers.findIndex(({ listener: { ns, port, proto, addr } }) => {
      if (ns !== which.ns || port !== which.port) return false;
      return (which.proto ?? proto) === proto && (which.addr ?? addr) === addr;
    });
    const [server] = at < 0 ? [] : this.servers.splice(at, 1);
    if (server === undefined) {
      const there = this.servers.map(({ listener }) => `${listener.ns} ${listener.port}`);
      throw new LabError(path, `no server listens there; there are ${there.join(', ') || 'none'}`);
    }
    server.process.sys.exit(0);
  }

  /** Starts counting anew. */
  forget(): void {
    this.arrivals.length = 0;
    this.receivedBytes = 0;
  }

  /** Ends accepted connections with a reset. */
  hangUp(): void {
    for (const socket of this.accepted.splice(0)) socket.close();
  }

  private accept(listener: Socket, ns: string): void {
    for (let made = listener.accept(); made.ok; made = listener.accept()) {
      const socket = made.value;
      socket.setOption('SO_LINGER', 0);
      const { local, remote } = socket;
      if (local !== undefined && remote !== undefined) {
        this.arrivals.push({
          ns,
          local: endpoint(local),
          peer: endpoint(remote),
        });
      }
      this.accepted.push(socket);
      socket.onReady = () => {
        for (let got = socket.receive(); got.ok; got = socket.receive()) {
          if (got.value.octets.length === 0) return;
          this.receivedBytes += got.value.octets.length;
        }
      };
      socket.onReady();
    }
  }

  private echo(socket: Socket, ns: string, port: number): void {
    for (let got = socket.receive(); got.ok; got = socket.receive()) {
      const { from, to, octets } = got.value;
      this.arrivals.push({
        ns,
        local: `${to === undefined ? '*' : formatIp(to)}:${port}`,
        peer: endpoint(from),
        bytes: octets.length,
      });
      socket.send(octets, from);
    }
  }
}

/** Starts a process in a namespace of a lab. */
export function spawn(
  host: Host,
  { netns, comm, path }: { readonly netns: string; readonly comm: string; readonly path: string },
): Process {
  const found = host.netns(netns);
  if (found === undefined) {
    const names = [...host.namespaces].map(({ name }) => name).filter((name) => name !== '');
    throw new LabError(path, `there is no namespace ${netns}; this lab has ${names.join(', ')}`);
  }
  const made = host.processes.cloneInNetns({ comm, argv: [comm] }, found);
  if (!made.ok) throw new LabError(path, `clone: ${made.error}`);
  return made.value;
}
