/** `paths` of OpenAPI documents: every path and method of a resource, with its parameters. */

import { groupVersion, type ResourceInfo, type Subresource } from '../../registry/resource-info.js';
import type { Components } from './components.js';

interface Parameter {
  readonly name: string;
  readonly type: 'string' | 'boolean' | 'integer';
  readonly description: string;
}

const DRY_RUN: Parameter = {
  name: 'dryRun',
  type: 'string',
  description:
    'When present, indicates that modifications should not be persisted. Valid values are: - All: all dry run stages will be processed',
};
const WRITING: readonly Parameter[] = [
  DRY_RUN,
  {
    name: 'fieldManager',
    type: 'string',
    description:
      'The name of the actor that makes these changes, at most 128 printable characters.',
  },
  {
    name: 'fieldValidation',
    type: 'string',
    description: 'What to do with unknown or duplicate fields: Ignore, Warn or Strict.',
  },
];
const PATCHING: readonly Parameter[] = [
  ...WRITING,
  {
    name: 'force',
    type: 'boolean',
    description: 'Takes fields over from other managers; for apply requests only.',
  },
];
const SELECTING: readonly Parameter[] = [
  {
    name: 'continue',
    type: 'string',
    description: 'Goes on with a list where the answer before ended.',
  },
  {
    name: 'fieldSelector',
    type: 'string',
    description: 'Selects objects by their fields. Everything when absent.',
  },
  {
    name: 'labelSelector',
    type: 'string',
    description: 'Selects objects by their labels. Everything when absent.',
  },
  { name: 'limit', type: 'integer', description: 'How many objects an answer holds at most.' },
  {
    name: 'resourceVersion',
    type: 'string',
    description: 'What revision the request may be served from.',
  },
  {
    name: 'resourceVersionMatch',
    type: 'string',
    description: 'How resourceVersion applies to a list.',
  },
  {
    name: 'sendInitialEvents',
    type: 'boolean',
    description: 'Begins a watch with an event for each object there is, then a bookmark.',
  },
  { name: 'timeoutSeconds', type: 'integer', description: 'How long a list or watch may last.' },
];
const WATCHING: readonly Parameter[] = [
  {
    name: 'allowWatchBookmarks',
    type: 'boolean',
    description: 'Asks for BOOKMARK events in a watch.',
  },
  {
    name: 'watch',
    type: 'boolean',
    description: 'Streams changes instead of answering with a list.',
  },
];
const DELETING: readonly Parameter[] = [
  DRY_RUN,
  {
    name: 'gracePeriodSeconds',
    type: 'integer',
    description: 'Seconds before the object is deleted; zero means at once.',
  },
  {
    name: 'orphanDependents',
    type: 'boolean',
    description: 'Deprecated: use propagationPolicy.',
  },
  {
    name: 'propagationPolicy',
    type: 'string',
    description: 'What becomes of dependents: Orphan, Background or Foreground.',
  },
];
const PRETTY: Parameter = {
  name: 'pretty',
  type: 'string',
  description: "If 'true', then the output is pretty printed.",
};

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

const PATCH_TYPES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
];

interface Operation {
  readonly method: Method;
  readonly id: string;
  readonly action: string;
  readonly description: string;
  readonly parameters?: readonly Parameter[];
  /** Type of body and answer. */
  readonly body?: object;
  readonly answer: object;
  /** The kind in the body, where it is not the resource's own. */
  readonly kind?: string;
}

/** Every path of a resource. */
export function pathsOf(info: ResourceInfo, components: Components): Record<string, object> {
  const root = `/${basePath(info)}`;
  const collection = `${root}/${info.namespaced ? 'namespaces/{namespace}/' : ''}${info.plural}`;
  const place = info.namespaced ? [pathParameter('namespace', 'object name and auth scope')] : [];
  const named = [...place, pathParameter('name', `name of the ${info.kind}`)];
  const paths: Record<string, object> = {};
  const add = (
    path: string,
    parameters: readonly object[],
    operations: readonly (Operation | false)[],
  ) => {
    const present = operations.filter((one) => one !== false);
    if (present.length === 0) return;
    paths[path] = {
      ...Object.fromEntries(present.map((one) => [one.method, render(info, one)])),
      parameters: [...parameters, queryParameter(PRETTY)],
    };
  };
  if (info.namespaced && info.verbs.includes('list'))
    add(`${root}/${info.plural}`, [], [listOperation(info, components, 'ForAllNamespaces')]);
  add(collection, place, collectionOperations(info, components));
  add(`${collection}/{name}`, named, objectOperations(info, components));
  for (const name of info.subresources)
    add(
      `${collection}/{name}/${name}`,
      named,
      SUBRESOURCE_METHODS[name].map((method) =>
        subresourceOperation({ info, name, method, components }),
      ),
    );
  return paths;
}

/** `api/v1`, `apis/apps/v1`. */
export function basePath(info: { readonly group: string; readonly version: string }): string {
  return `${info.group === '' ? 'api' : 'apis'}/${groupVersion(info)}`;
}

function listOperation(info: ResourceInfo, components: Components, suffix = ''): Operation {
  return {
    method: 'get',
    id: `list${suffix}`,
    action: 'list',
    description: `list or watch objects of kind ${info.kind}`,
    parameters: info.verbs.includes('watch') ? [...SELECTING, ...WATCHING] : SELECTING,
    answer: components.referList(info),
  };
}

function collectionOperations(
  info: ResourceInfo,
  components: Components,
): readonly (Operation | false)[] {
  const { kind, verbs } = info;
  return [
    verbs.includes('list') && listOperation(info, components),
    verbs.includes('create') && {
      method: 'post',
      id: 'create',
      action: 'post',
      description: `create ${article(kind)} ${kind}`,
      parameters: WRITING,
      body: components.referKind(info),
      answer: components.referKind(info),
    },
    verbs.includes('deletecollection') && {
      method: 'delete',
      id: 'deleteCollection',
      action: 'deletecollection',
      description: `delete collection of ${kind}`,
      parameters: [...DELETING, ...SELECTING],
      body: components.refer('V1DeleteOptions'),
      answer: components.refer('V1Status'),
    },
  ];
}

function objectOperations(
  info: ResourceInfo,
  components: Components,
): readonly (Operation | false)[] {
  const { kind, verbs } = info;
  const own = () => components.referKind(info);
  return [
    verbs.includes('get') && {
      method: 'get',
      id: 'read',
      action: 'get',
      description: `read the specified ${kind}`,
      answer: own(),
    },
    verbs.includes('update') && {
      method: 'put',
      id: 'replace',
      action: 'put',
      description: `replace the specified ${kind}`,
      parameters: WRITING,
      body: own(),
      answer: own(),
    },
    verbs.includes('patch') && {
      method: 'patch',
      id: 'patch',
      action: 'patch',
      description: `partially update the specified ${kind}`,
      parameters: PATCHING,
      body: PATCH_BODY,
      answer: own(),
    },
    verbs.includes('delete') && {
      method: 'delete',
      id: 'delete',
      action: 'delete',
      description: `delete ${article(kind)} ${kind}`,
      parameters: DELETING,
      body: components.refer('V1DeleteOptions'),
      answer: components.refer('V1Status'),
    },
  ];
}

const SUBRESOURCE_METHODS: Readonly<Record<Subresource, readonly Method[]>> = {
  status: ['get', 'put', 'patch'],
  scale: ['get', 'put', 'patch'],
  ephemeralcontainers: ['get', 'put', 'patch'],
  resize: ['get', 'put', 'patch'],
  approval: ['get', 'put', 'patch'],
  binding: ['post'],
  eviction: ['post'],
  token: ['post'],
  finalize: ['put'],
  log: ['get'],
  pcap: ['get'],
  exec: ['get', 'post'],
  attach: ['get', 'post'],
  portforward: ['get', 'post'],
  proxy: ['get', 'post', 'put', 'patch', 'delete'],
};

const SUBRESOURCE_TYPES: Partial<Readonly<Record<Subresource, string>>> = {
  scale: 'V1Scale',
  binding: 'V1Binding',
  eviction: 'V1Eviction',
  token: 'AuthenticationV1TokenRequest',
};

const STREAMS: ReadonlySet<Subresource> = new Set([
  'log',
  'pcap',
  'exec',
  'attach',
  'portforward',
  'proxy',
]);

/** kubectl takes any PATCH of a kind for the kind's own: streams name that of their options, as upstream. */
function optionsKind({ kind }: ResourceInfo, name: Subresource): string {
  if (name === 'log') return kind;
  return `${kind}${name === 'portforward' ? 'PortForward' : capital(name)}Options`;
}

const METHOD_WORDS: Readonly<Record<Method, string>> = {
  get: 'read',
  post: 'create',
  put: 'replace',
  patch: 'patch',
  delete: 'delete',
};

function subresourceOperation({
  info,
  name,
  method,
  components,
}: {
  readonly info: ResourceInfo;
  readonly name: Subresource;
  readonly method: Method;
  readonly components: Components;
}): Operation {
  const word = METHOD_WORDS[method];
  const said = {
    method,
    id: `${word}${capital(name)}`,
    action: method,
    description: `${word} ${name} of the specified ${info.kind}`,
  };
  if (STREAMS.has(name))
    return { ...said, kind: optionsKind(info, name), answer: { type: 'string' } };
  const typeName = SUBRESOURCE_TYPES[name];
  const type = typeName === undefined ? components.referKind(info) : components.refer(typeName);
  if (method === 'get') return { ...said, answer: type };
  if (method === 'patch') return { ...said, parameters: PATCHING, body: PATCH_BODY, answer: type };
  return { ...said, parameters: WRITING, body: type, answer: type };
}

/** Stands for `meta/v1 Patch`, an object of any form. */
const PATCH_BODY = { type: 'object' };

function render(info: ResourceInfo, operation: Operation): object {
  const { group, version, kind } = info;
  const { method, id, action, description, parameters = [], body, answer } = operation;
  const bodyTypes = method === 'patch' ? PATCH_TYPES : ['*/*'];
  return {
    tags: [`${group === '' ? 'core' : camel(group)}_${version}`],
    description,
    operationId: `${id}${capital(camel(group === '' ? 'core' : group))}${capital(version)}${info.namespaced ? 'Namespaced' : ''}${kind}`,
    ...(parameters.length === 0 ? {} : { parameters: parameters.map(queryParameter) }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            content: Object.fromEntries(bodyTypes.map((type) => [type, { schema: body }])),
          },
        }),
    responses: {
      200: { description: 'OK', content: { 'application/json': { schema: answer } } },
      401: { description: 'Unauthorized' },
    },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { group, version, kind: operation.kind ?? kind },
  };
}

function queryParameter({ name, type, description }: Parameter): object {
  return { name, in: 'query', description, schema: { type, uniqueItems: true } };
}

function pathParameter(name: string, description: string): object {
  return {
    name,
    in: 'path',
    description,
    required: true,
    schema: { type: 'string', uniqueItems: true },
  };
}

function article(word: string): string {
  return /^[AEIO]/.test(word) ? 'an' : 'a';
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** `rbacAuthorization` for `rbac.authorization.k8s.io`. */
function camel(group: string): string {
  const [first = '', ...rest] = group.replace(/\.k8s\.io$/, '').split('.');
  return [first, ...rest.map(capital)].join('');
}
