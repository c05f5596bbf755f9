/** What the server calls the cluster at its root. */
const DEFAULT_CLUSTER = 'default';

/** Where the cluster of a page is served: `/clusters/NAME`, or nothing for the default one. */
export function clusterBase(pathname: string): string {
  return /^\/clusters\/[^/]+/.exec(pathname)?.[0] ?? '';
}

/** Name of the cluster of a page: the one in its path, or the server's default one. */
export function clusterName(pathname: string): string {
  return decodeURIComponent(clusterBase(pathname).slice('/clusters/'.length)) || DEFAULT_CLUSTER;
}
