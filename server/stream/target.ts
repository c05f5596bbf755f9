import type { RemoteCommandOptions } from './remote-command.js';

/** Subresources of a pod that are streams. */
export type StreamSubresource = 'exec' | 'attach' | 'portforward';

/** What an upgrade request names. */
export interface StreamTarget {
  readonly namespace: string;
  readonly pod: string;
  readonly subresource: StreamSubresource;
  readonly query: URLSearchParams;
}

const PATH = /^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/]+)\/(exec|attach|portforward)\/?$/;

/** Reads the URL of an upgrade request; undefined when it names no stream. */
export function streamTarget(requestUrl: string): StreamTarget | undefined {
  if (!URL.canParse(requestUrl, 'http://podnet')) return undefined;
  const url = new URL(requestUrl, 'http://podnet');
  const [, namespace, pod, subresource] = PATH.exec(url.pathname) ?? [];
  if (namespace === undefined || pod === undefined) return undefined;
  return {
    namespace: decoded(namespace),
    pod: decoded(pod),
    subresource: subresource as StreamSubresource,
    query: url.searchParams,
  };
}

/**
 * PodExecOptions or PodAttachOptions of a request's query. Standard output and standard error are always there, as
 * upstream's defaults have it (SetDefaults_PodExecOptions).
 */
export function remoteCommandOptions({
  namespace,
  pod,
  query,
}: StreamTarget): RemoteCommandOptions {
  return {
    namespace,
    pod,
    container: query.get('container') || undefined,
    command: query.getAll('command'),
    stdin: isTrue(query.get('stdin')),
    tty: isTrue(query.get('tty')),
  };
}

/** A boolean of a query as apimachinery converts it: anything but `0` and `false` is true. */
function isTrue(text: string | null): boolean {
  return text !== null && text !== '0' && text.toLowerCase() !== 'false';
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
