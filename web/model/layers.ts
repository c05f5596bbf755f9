/** What can be laid over the drawing, or left out of it. */
export const LAYERS = ['services', 'policies', 'tunnels', 'hosted', 'labels'] as const;

/** One of them. */
export type Layer = (typeof LAYERS)[number];

/** The layers that are on. */
export type LayerSet = ReadonlySet<Layer>;

/** What is on until a person says otherwise: the drawing itself. */
export const FIRST_LAYERS: LayerSet = new Set<Layer>(['hosted']);

/** Layers as a link writes them: `services,tunnels`, `none`; undefined while they are those of the beginning. */
export function layersText(layers: LayerSet): string | undefined {
  const same = LAYERS.every((layer) => layers.has(layer) === FIRST_LAYERS.has(layer));
  if (same) return undefined;
  return LAYERS.filter((layer) => layers.has(layer)).join(',') || 'none';
}

/** Reads what `layersText` wrote; names that it does not know are left out. Undefined for nothing. */
export function layersFrom(text: unknown): LayerSet | undefined {
  if (typeof text !== 'string' || text === '') return undefined;
  const names = new Set(text.split(','));
  return new Set(LAYERS.filter((layer) => names.has(layer)));
}
