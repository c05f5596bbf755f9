import { clusterBase } from '../state/cluster-base.js';
import type { Schemas } from './schema-walk.js';

/** A kind that the cluster serves. */
export interface ServedKind {
  readonly apiVersion: string;
  readonly kind: string;
}

interface Discovery {
  readonly items?: readonly {
    readonly metadata?: { readonly name?: string };
    readonly versions?: readonly {
      readonly version: string;
      readonly resources?: readonly {
        readonly responseKind?: { readonly kind?: string };
        readonly verbs?: readonly string[];
      }[];
    }[];
  }[];
}

const DISCOVERY = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
/** How long what was fetched is used, in milliseconds: definitions may bring new kinds. */
const KEEP_MS = 60_000;

/** What the API of the page's cluster says about its kinds; fetched when asked for, kept for a while. */
export class SchemaSource {
  private readonly base = `${clusterBase(location.pathname)}`;
  private readonly held = new Map<
    string,
    { readonly value: Promise<unknown>; readonly atMs: number }
  >();

  /** Kinds that can be created, in order of their names. */
  async kinds(): Promise<readonly ServedKind[]> {
    const documents = await Promise.all(
      ['/api', '/apis'].map(
        (path) => this.fetched(path, DISCOVERY) as Promise<Discovery | undefined>,
      ),
    );
    const kinds = documents.flatMap((document) => kindsIn(document ?? {}));
    return kinds.sort((a, b) => a.kind.localeCompare(b.kind));
  }

  /** Schemas of a group and version such as `apps/v1`; undefined when it is not served. */
  async schemas(apiVersion: string): Promise<Schemas | undefined> {
    if (!/^[\w.-]+(\/[\w.-]+)?$/.test(apiVersion)) return undefined;
    const path = apiVersion.includes('/') ? `apis/${apiVersion}` : `api/${apiVersion}`;
    const document = (await this.fetched(`/openapi/v3/${path}`, 'application/json')) as
      | { readonly components?: { readonly schemas?: Schemas } }
      | undefined;
    return document?.components?.schemas;
  }

  private fetched(path: string, accept: string): Promise<unknown> {
    const held = this.held.get(path);
    if (held !== undefined && performance.now() - held.atMs < KEEP_MS) return held.value;
    const value = fetch(`${this.base}${path}`, { headers: { accept } })
      .then((response) => (response.ok ? (response.json() as Promise<unknown>) : undefined))
      .catch(() => undefined);
    this.held.set(path, { value, atMs: performance.now() });
    return value;
  }
}

function kindsIn(document: Discovery): ServedKind[] {
  return (document.items ?? []).flatMap(({ metadata, versions = [] }) =>
    versions.flatMap(({ version, resources = [] }) =>
      resources.flatMap(({ responseKind, verbs = [] }) => {
        const group = metadata?.name ?? '';
        const kind = responseKind?.kind ?? '';
        if (kind === '' || !verbs.includes('create') || !verbs.includes('get')) return [];
        return [{ apiVersion: group === '' ? version : `${group}/${version}`, kind }];
      }),
    ),
  );
}
