import { parseApiPath } from '../api/http/path.js';
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

const SUBRESOURCES: readonly string[] = ['exec', 'attach', 'portforward'];

/** Reads the URL of an upgrade request, as its authorization does; undefined when it names no stream. */
export function streamTarget(requestUrl: string): StreamTarget | undefined {
  const [path = '', search = ''] = requestUrl.split('?');
  const named = parseApiPath(path);
  if (named === undefined) return undefined;
  const { group, version, plural, namespace, name, subresource = '', rest } = named;
  if (group !== '' || version !== 'v1' || plural !== 'pods' || rest.length > 0) return undefined;
  if (namespace === undefined || name === undefined || !isStream(subresource)) return undefined;
  return { namespace, pod: name, subresource, query: new URLSearchParams(search) };
}

function isStream(subresource: string): subresource is StreamSubresource {
  return SUBRESOURCES.includes(subresource);
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
