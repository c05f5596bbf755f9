import { CATALOGUE } from './catalogue/index.js';
import type { ImageEntry } from './image.js';
import { contentOf } from './manifest.js';
import { OFFICIAL_IMAGES } from './official.js';
import type { ImageReference } from './reference.js';
import { hasTag } from './tags.js';

/** An image as a node has it after a pull. */
export interface ResolvedImage {
  readonly reference: ImageReference;
  readonly entry: ImageEntry;
  /** `sha256:…` of its manifest. */
  readonly digest: string;
  /** `repository@digest`, for containerStatuses[].imageID. */
  readonly imageId: string;
  /** Digests and sizes in octets of its layers, the base first. */
  readonly layers: readonly { readonly digest: string; readonly size: number }[];
}

/** Why a registry did not give an image, in containerd's words after `Failed to pull image "…": `. */
export interface PullError {
  readonly code:
    | 'registry/denied'
    | 'registry/not-found'
    | 'registry/no-such-host'
    | 'registry/refused';
  readonly message: string;
}

/** What came of asking a registry, and how long it took. */
export interface PullOutcome {
  readonly result:
    | { readonly ok: true; readonly value: ResolvedImage }
    | { readonly ok: false; readonly error: PullError };
  /** Nanoseconds until the answer; for a pull, until all layers are unpacked. */
  readonly durationNs: number;
}

/** The registries of the world, as far as a node can reach them. */
export interface ImageRegistry {
  /** Asks for an image. `has` says which layers are on the node already. */
  pull(reference: ImageReference, has: (digest: string) => boolean): PullOutcome;
}

const MILLISECOND = 1_000_000;
const RESOLVE_NS = 450 * MILLISECOND;
const FAILURE_NS = 900 * MILLISECOND;
const NS_PER_BYTE = 20;
const ASSUMED_SIZE_BYTES = 48_000_000;
const LIBRARY = 'docker.io/library/';

/** Hosts of the registry that Kubernetes publishes under, all with the same content. */
const REGISTRY_ALIASES: readonly (readonly [RegExp, string])[] = [
  [/^k8s\.gcr\.io\//, 'registry.k8s.io/'],
  [/^gcr\.io\/google[_-]containers\//, 'registry.k8s.io/'],
  [/^(us\.|eu\.|asia\.)?gcr\.io\/k8s-artifacts-prod\//, 'registry.k8s.io/'],
  [/^gcr\.io\/google_samples\//, 'gcr.io/google-samples/'],
  [/^registry-1\.docker\.io\//, 'docker.io/'],
  [/^(public\.ecr\.aws\/docker|mirror\.gcr\.io)\/library\//, LIBRARY],
];

/** Looks an image up in the catalogue: undefined when podnet does not know the repository. */
export function findImage(reference: ImageReference): ImageEntry | undefined {
  let name = reference.repository;
  for (const [pattern, replacement] of REGISTRY_ALIASES) name = name.replace(pattern, replacement);
  const entry = CATALOGUE.get(name) ?? CATALOGUE.get(reference.repository);
  return entry === undefined ? undefined : withVariant(entry, reference.tag);
}

/**
 * The registries as podnet imagines them: what the catalogue has, the official library complete with its refusals, and for any other
 * repository an image that is assumed to exist.
 */
export const imageRegistry: ImageRegistry = {
  pull(reference, has) {
    const failure = whyNot(reference);
    if (failure !== undefined)
      return { result: { ok: false, error: failure }, durationNs: FAILURE_NS };
    const entry = findImage(reference) ?? assumedImage(reference);
    const content = contentOf(reference, entry);
    const digest = reference.digest ?? content.digest;
    const layers = content.manifest.layers.map(({ digest, size }) => ({ digest, size }));
    const imageId = `${reference.repository}@${digest}`;
    const missing = layers.reduce((sum, { digest, size }) => sum + (has(digest) ? 0 : size), 0);
    const spread = Number.parseInt(digest.slice(7, 11), 16) / 0xffff;
    const durationNs = Math.round(RESOLVE_NS * (0.8 + 0.4 * spread) + missing * NS_PER_BYTE);
    return {
      result: { ok: true, value: { reference, entry, digest, imageId, layers } },
      durationNs,
    };
  },
};

function whyNot(reference: ImageReference): PullError | undefined {
  const { canonical, domain, path, repository, tag } = reference;
  const prefix = `failed to pull and unpack image "${canonical}": failed to resolve reference "${canonical}": `;
  if (domain.endsWith('.invalid')) {
    return {
      code: 'registry/no-such-host',
      message: `${prefix}failed to do request: Head "https://${domain}/v2/${path}/manifests/${tag ?? reference.digest}": dial tcp: lookup ${domain}: no such host`,
    };
  }
  if (/^(localhost|127\.0\.0\.1)(:|$)/.test(domain)) {
    const port = domain.split(':')[1] ?? '80';
    return {
      code: 'registry/refused',
      message: `${prefix}failed to do request: Head "http://${domain}/v2/${path}/manifests/${tag ?? reference.digest}": dial tcp 127.0.0.1:${port}: connect: connection refused`,
    };
  }
  const entry = findImage(reference);
  if (
    entry === undefined &&
    repository.startsWith(LIBRARY) &&
    !OFFICIAL_IMAGES.has(repository.slice(LIBRARY.length))
  ) {
    return {
      code: 'registry/denied',
      message: `${prefix}pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`,
    };
  }
  const named = entry ?? assumedImage(reference);
  if (reference.digest === undefined && tag !== undefined && !hasTag(named, tag)) {
    return {
      code: 'registry/not-found',
      message: `rpc error: code = NotFound desc = ${prefix}${canonical}: not found`,
    };
  }
  return undefined;
}

function withVariant(entry: ImageEntry, tag: string | undefined): ImageEntry {
  if (tag === undefined) return entry;
  if (tag.includes('alpine') && entry.userland === 'debian') {
    return { ...entry, userland: 'alpine', sizeBytes: Math.round(entry.sizeBytes * 0.4) };
  }
  if (tag.includes('management') && entry.program === 'rabbitmq') {
    const listens = [...entry.listens, { proto: 'tcp', port: 15672, protocol: 'http' } as const];
    return { ...entry, listens, exposedPorts: [...entry.exposedPorts, '15672/tcp'] };
  }
  return entry;
}

function assumedImage(reference: ImageReference): ImageEntry {
  return {
    repository: reference.repository,
    program: 'generic',
    entrypoint: [`/${reference.path.slice(reference.path.lastIndexOf('/') + 1)}`],
    cmd: [],
    env: {},
    exposedPorts: [],
    listens: [],
    uid: 0,
    workingDir: '/',
    stopSignal: 15,
    userland: 'any',
    executables: [],
    sizeBytes: ASSUMED_SIZE_BYTES,
    assumed: true,
  };
}
