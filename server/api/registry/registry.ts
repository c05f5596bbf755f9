/** Which resources the API serves: the built-in ones, and those that CustomResourceDefinitions add. */

import type { ResourceName } from '../../store/store.js';
import { BUILT_IN_RESOURCES } from './built-in.js';
import { groupVersion, type ResourceInfo } from './resource-info.js';

/** Resources by path, by kind and by storage name. */
export class ResourceRegistry {
  readonly #byPath = new Map<string, ResourceInfo>();
  readonly #byKind = new Map<string, ResourceInfo>();
  readonly #byStorage = new Map<string, ResourceInfo>();
  #all: readonly ResourceInfo[] = [];
  /** Rises with every change, so that discovery documents can be kept. */
  #generation = 0;

  constructor(resources: readonly ResourceInfo[] = BUILT_IN_RESOURCES) {
    for (const resource of resources) this.#add(resource);
    this.#all = [...this.#byPath.values()];
  }

  get generation(): number {
    return this.#generation;
  }

  /** Every resource, in discovery order. */
  get all(): readonly ResourceInfo[] {
    return this.#all;
  }

  /** The resource at `/apis/<group>/<version>/<plural>`. */
  byPath(group: string, version: string, plural: string): ResourceInfo | undefined {
    return this.#byPath.get(`${group}/${version}/${plural}`);
  }

  /** The resource of a kind in one version; `apiVersion` as objects carry it. */
  byKind(apiVersion: string, kind: string): ResourceInfo | undefined {
    return this.#byKind.get(`${apiVersion}/${kind}`);
  }

  /** The preferred version of what the store keeps under a name. */
  byStorage(storage: ResourceName): ResourceInfo | undefined {
    return this.#byStorage.get(storage);
  }

  /** Every version in which a kind is served. */
  versionsOfKind(kind: string): readonly ResourceInfo[] {
    return this.#all.filter((resource) => resource.kind === kind);
  }

  /**
   * A resource as people name it: plural, singular, kind in lower case, short name, each perhaps with its group
   * (`deployments.apps`, `po`, `Pod`).
   */
  byNickname(text: string): ResourceInfo | undefined {
    const wanted = text.toLowerCase();
    const dot = wanted.indexOf('.');
    const exact = this.#all.find((resource) => matches(resource, wanted));
    if (exact !== undefined || dot < 0) return exact;
    const group = wanted.slice(dot + 1);
    return this.#all.find(
      (resource) => resource.group === group && matches(resource, wanted.slice(0, dot)),
    );
  }

  /** Serves resources that a CustomResourceDefinition describes. */
  addCustom(resources: readonly ResourceInfo[]): void {
    for (const resource of resources) {
      const known = this.byPath(resource.group, resource.version, resource.plural);
      if (known !== undefined && !known.custom) continue;
      this.#add(resource);
    }
    this.#changed();
  }

  /** Stops serving the custom resources of a group with one plural name. */
  removeCustom(group: string, plural: string): void {
    for (const [path, resource] of this.#byPath) {
      if (!resource.custom || resource.group !== group || resource.plural !== plural) continue;
      this.#byPath.delete(path);
      this.#byKind.delete(`${groupVersion(resource)}/${resource.kind}`);
      this.#byStorage.delete(resource.storage);
    }
    this.#changed();
  }

  #add(resource: ResourceInfo): void {
    this.#byPath.set(`${resource.group}/${resource.version}/${resource.plural}`, resource);
    this.#byKind.set(`${groupVersion(resource)}/${resource.kind}`, resource);
    if (!this.#byStorage.has(resource.storage)) this.#byStorage.set(resource.storage, resource);
  }

  #changed(): void {
    this.#all = [...this.#byPath.values()];
    this.#generation += 1;
  }
}

function matches(resource: ResourceInfo, name: string): boolean {
  return (
    resource.plural === name ||
    resource.singular === name ||
    resource.kind.toLowerCase() === name ||
    resource.shortNames.includes(name)
  );
}
