/** Kinds that upstream serves with a warning on every request (`prerelease-lifecycle-gen:deprecated`). */
const DEPRECATED: ReadonlyMap<string, string> = new Map([
  ['componentstatuses', 'v1 ComponentStatus is deprecated in v1.19+'],
  ['endpoints', 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice'],
]);

/** What a request for a kind is warned of, by its storage name. */
export function deprecationOf(storage: string): readonly string[] {
  const warning = DEPRECATED.get(storage);
  return warning === undefined ? [] : [warning];
}
