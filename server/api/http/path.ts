/** Reads the paths of the API: `/api/v1/namespaces/default/pods/web-0/log`. */

/** What a path names. */
export interface ApiPath {
  readonly group: string;
  readonly version: string;
  readonly namespace: string | undefined;
  readonly plural: string;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
  /** What follows the subresource, as `proxy` takes it. */
  readonly rest: readonly string[];
}

const OWN_SUBRESOURCES = ['status', 'finalize'];

/** Reads the part after the mount point; undefined for anything that names no resource. */
export function parseApiPath(path: string): ApiPath | undefined {
  const segments = decodeSegments(path);
  if (segments === undefined) return undefined;
  const [root, ...rest] = segments;
  if (root === 'api') return atVersion('', rest);
  if (root !== 'apis') return undefined;
  const [group, ...below] = rest;
  return group === undefined ? undefined : atVersion(group, below);
}

function decodeSegments(path: string): string[] | undefined {
  try {
    return path
      .split('/')
      .filter((segment) => segment !== '')
      .map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

function atVersion(group: string, [version, ...segments]: readonly string[]): ApiPath | undefined {
  const [first, second, third] = segments;
  if (version === undefined || first === undefined) return undefined;
  if (
    first === 'namespaces' &&
    second !== undefined &&
    third !== undefined &&
    !OWN_SUBRESOURCES.includes(third)
  ) {
    const [, namespace, plural = '', name, subresource, ...rest] = segments;
    return { group, version, namespace, plural, name, subresource, rest };
  }
  const [plural, name, subresource, ...rest] = segments;
  return { group, version, namespace: undefined, plural: plural ?? '', name, subresource, rest };
}
