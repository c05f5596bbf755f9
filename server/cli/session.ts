import type { TraceRequest } from '../contract/live.js';
import type { CommandsReport, PortsReport, TraceReport } from '../contract/reports.js';

/** An answer, or a sentence that says why there is none. */
export type Reply<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: string };

/** A cluster that questions are put to: one made from files for the occasion, or a running server. */
export interface Session {
  trace(request: TraceRequest): Promise<Reply<TraceReport>>;
  ports(pod: string, namespace: string): Promise<Reply<PortsReport>>;
  commands(pod: string, namespace: string): Promise<Reply<CommandsReport>>;
  close(): Promise<void>;
}

const TIMEOUT_MS = 60_000;

/** Asks a server, below its address; a body is sent as JSON by POST unless a method is given. */
export async function request<T>(
  server: URL,
  path: string,
  { method, body }: { readonly method?: string; readonly body?: unknown } = {},
): Promise<Reply<T>> {
  const url = new URL(`${server.pathname.replace(/\/$/, '')}${path}`, server);
  try {
    const response = await fetch(url, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const answer: unknown = await response.json();
    if (response.ok) return { ok: true, value: answer as T };
    const message = (answer as { message?: unknown }).message;
    return {
      ok: false,
      error: typeof message === 'string' ? message : `the server answered ${response.status}`,
    };
  } catch (error) {
    const cause =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    return { ok: false, error: `no podnet server answers at ${server.origin}: ${cause}` };
  }
}

/** A session with a running server, or with one of its clusters (`http://HOST/clusters/NAME`). */
export function remoteSession(server: URL): Session {
  const ask = <T>(path: string, body?: unknown) => request<T>(server, path, { body });
  const about = (pod: string, namespace: string, what: string) =>
    `/podnet/v1/${what}?${new URLSearchParams({ pod, namespace })}`;
  return {
    trace: (request) => ask('/podnet/v1/traces', request),
    ports: (pod, namespace) => ask(about(pod, namespace, 'ports')),
    commands: (pod, namespace) => ask(about(pod, namespace, 'commands')),
    close: async () => {},
  };
}
