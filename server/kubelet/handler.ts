import { parseIp, type Sys } from '../../topology/index.js';
import type { Container, IntOrString, ProbeHandler } from '../contract/kube.js';
import { type ProbeOutcome, probeHttp, probeTcp } from './probe-run.js';
import type { ContainerRuntime, RuntimeContainer } from './runtime.js';

/** What running a handler takes: the kubelet's own process for the network, the runtime for commands. */
export interface HandlerContext {
  readonly sys: Sys;
  readonly runtime: ContainerRuntime;
  readonly container: RuntimeContainer;
  readonly podIp: string;
  readonly timeoutNs: number;
}

/** What a handler came to; `errored` when it could not be run at all. */
export type HandlerOutcome = ProbeOutcome & { readonly errored?: boolean };

/** Runs the handler of a probe or a hook once. `done` is called once. */
export function runHandler(
  handler: ProbeHandler,
  context: HandlerContext,
  done: (outcome: HandlerOutcome) => void,
): void {
  const { exec, grpc, httpGet, tcpSocket } = handler;
  if (exec !== undefined) {
    runCommand(exec.command ?? [], context, done);
    return;
  }
  const { container, podIp, sys, timeoutNs } = context;
  const wanted = httpGet?.port ?? tcpSocket?.port ?? grpc?.port;
  const port = wanted === undefined ? undefined : resolvePort(wanted, container.config.spec);
  const host = httpGet?.host ?? tcpSocket?.host ?? podIp;
  const address = parseIp(host === 'localhost' ? '127.0.0.1' : host);
  if (port === undefined || !address.ok) {
    const output =
      port === undefined ? `couldn't find port: ${wanted}` : `lookup ${host}: no such host`;
    done({ success: false, errored: port === undefined, output });
    return;
  }
  const target = { sys, address: address.value, port, timeoutNs };
  if (httpGet === undefined) {
    probeTcp(target, done);
    return;
  }
  const { httpHeaders = [], path = '/', scheme = 'HTTP' } = httpGet;
  probeHttp(
    { ...target, path, headers: httpHeaders, scheme: scheme === 'HTTP' ? 'http' : 'https' },
    done,
  );
}

/** A port by number, or by the name that the container declares. */
function resolvePort(port: IntOrString, container: Container): number | undefined {
  if (typeof port === 'number') return port;
  const named = container.ports?.find(({ name }) => name === port)?.containerPort;
  return named ?? (/^\d+$/.test(port) ? Number(port) : undefined);
}

function runCommand(
  command: readonly string[],
  { container, runtime, timeoutNs }: HandlerContext,
  done: (outcome: HandlerOutcome) => void,
): void {
  runtime.execSync(container, command, timeoutNs, (result) => {
    if (result === undefined) {
      done({
        success: false,
        output: `command timed out: "${command.join(' ')}" timed out after ${timeoutNs / 1e9}s`,
      });
    } else if (!result.ok) done({ success: false, errored: true, output: result.error });
    else done({ success: result.value.exitCode === 0, output: result.value.output });
  });
}
