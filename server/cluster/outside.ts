import { type Fabric, type Host, type Ip, invariant, type Process } from '../../topology/index.js';
import { type OutsideNames, startProgram, VirtualFileSystem } from '../program/index.js';

/** What runs on machines that are no pods. */
export interface MachineProgram {
  readonly host: Host;
  readonly kind: string;
  readonly comm: string;
  readonly ports: readonly { readonly proto: 'tcp' | 'udp'; readonly port: number }[];
}

/** What all such programs are started with. */
export interface MachineProgramContext {
  readonly epochMs: number;
  readonly random: () => number;
}

/** The address that names outside the cluster have: the outside answers for all of them. */
export function outsideNames(address: Ip): OutsideNames {
  const known =
    /(^|\.)(example\.(com|org|net)|google\.com|kubernetes\.io|github\.com|docker\.io|cloudflare\.com)$/;
  return {
    lookup: (name) => (known.test(name.toLowerCase().replace(/\.$/, '')) ? [address] : undefined),
  };
}

/** Starts the world outside: a resolver on 53 and a web server on 80, on every outside machine. */
export function startOutside(fabric: Fabric, context: MachineProgramContext): void {
  for (const machine of fabric.machines.values()) {
    if (machine.kind !== 'outside' || machine.address === undefined) continue;
    const { host } = machine;
    const names = outsideNames(machine.address);
    const dns = {
      host,
      kind: 'outside-dns',
      comm: 'named',
      ports: [{ proto: 'udp', port: 53 }],
    } as const;
    runOnMachine(dns, context, names);
    runOnMachine(
      { host, kind: 'whoami', comm: 'httpd', ports: [{ proto: 'tcp', port: 80 }] },
      context,
    );
  }
}

/** Starts one program as a process of a machine itself, and gives the process. */
export function runOnMachine(
  program: MachineProgram,
  context: MachineProgramContext,
  names?: OutsideNames,
): Process {
  const process = program.host.processes.clone({
    comm: program.comm,
    argv: [`/usr/sbin/${program.comm}`],
  });
  invariant(process.ok, `${program.comm} must get a process on ${program.host.name}`);
  const started = startProgram({
    sys: process.value.sys,
    argv: [`/usr/sbin/${program.comm}`],
    env: new Map(),
    workingDir: '/',
    image: {
      reference: program.comm,
      programKind: program.kind,
      listens: program.ports,
      entrypoint: [`/usr/sbin/${program.comm}`],
      cmd: [],
      assumed: false,
    },
    declaredPorts: [],
    files: new VirtualFileSystem(),
    write: () => {},
    containerName: program.comm,
    podName: program.host.name,
    namespace: '',
    nodeName: program.host.name,
    random: context.random,
    epochMs: context.epochMs,
    ...(names === undefined ? {} : { outsideNames: names }),
  });
  invariant(started.ok, `${program.comm} must start on ${program.host.name}`);
  return process.value;
}
