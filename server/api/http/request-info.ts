/** What a request is about, by its method and URL (upstream: apiserver `pkg/endpoints/request/requestinfo.go`). */

import type { Attributes } from '../access.js';
import { isYes } from './list-options.js';
import { type ApiPath, parseApiPath } from './path.js';

const VERBS: Readonly<Record<string, string>> = {
  POST: 'create',
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** The attributes that a request is authorized by; `url` begins at the cluster's root and may carry a query. */
export function requestAttributes(method: string, url: string): Attributes {
  const [path = '/', search = ''] = url.split('?');
  const named = parseApiPath(path);
  if (named === undefined || named.plural === '') {
    return { kind: 'path', verb: method.toLowerCase(), path };
  }
  const query = new URLSearchParams(search);
  const isNamespace = named.group === '' && named.plural === 'namespaces';
  return {
    kind: 'resource',
    ...verbAndName(method, named, query),
    group: named.group,
    version: named.version,
    resource: named.plural,
    subresource: named.subresource ?? '',
    // A Namespace counts as lying in itself, so that a Role in it can speak of it.
    namespace: named.namespace ?? (isNamespace ? (named.name ?? '') : ''),
  };
}

function verbAndName(
  method: string,
  { name }: ApiPath,
  query: URLSearchParams,
): { readonly verb: string; readonly name: string } {
  const verb = VERBS[method] ?? method.toLowerCase();
  if (name !== undefined) return { verb, name };
  if (verb === 'delete') return { verb: 'deletecollection', name: '' };
  if (verb !== 'get') return { verb, name: '' };
  const isWatch = isYes(query.get('watch'));
  return { verb: isWatch ? 'watch' : 'list', name: selectedName(query) };
}

/** The one name that a field selector leaves, so that rules with resourceNames can allow lists and watches. */
function selectedName(query: URLSearchParams): string {
  const selector = query.get('fieldSelector');
  if (selector === null) return '';
  const match = /(?:^|,)metadata\.name==?([^,=!\\]+)(?:,|$)/.exec(selector);
  return match?.[1] ?? '';
}
