import type { TraceRequest } from '../contract/live.js';
import type { CommandsReport, PortsReport, TraceReport } from '../contract/reports.js';
import type { SuggestReport, SuggestRequest } from '../contract/what-if.js';
import { type Connection, type Reply, request } from './connection.js';

/** A cluster that questions are put to: one made from files for the occasion, or a running server. */
export interface Session {
  trace(request: TraceRequest): Promise<Reply<TraceReport>>;
  suggest(request: SuggestRequest): Promise<Reply<SuggestReport>>;
  ports(pod: string, namespace: string): Promise<Reply<PortsReport>>;
  commands(pod: string, namespace: string): Promise<Reply<CommandsReport>>;
  close(): Promise<void>;
}

/** A session with a running server, or with one of its clusters. */
export function remoteSession(connection: Connection): Session {
  const ask = <T>(path: string, body?: unknown) => request<T>(connection, path, { body });
  const about = (pod: string, namespace: string, what: string) =>
    `/podnet/v1/${what}?${new URLSearchParams({ pod, namespace })}`;
  return {
    trace: (request) => ask('/podnet/v1/traces', request),
    suggest: (request) => ask('/podnet/v1/suggestions', request),
    ports: (pod, namespace) => ask(about(pod, namespace, 'ports')),
    commands: (pod, namespace) => ask(about(pod, namespace, 'commands')),
    close: async () => {},
  };
}
