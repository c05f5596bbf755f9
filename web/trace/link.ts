import type { Box } from '../model/geometry.js';
import { type Draft, draftFrom, EMPTY_DRAFT } from './draft.js';

/** What a link to this page restores beside the cluster, which is in its path. */
export interface LinkedView {
  readonly selected: string | undefined;
  /** The part of the drawing that was in sight. */
  readonly view: Box | undefined;
  readonly draft: Draft | undefined;
  /** Layers of the drawing, as `layersText` writes them. */
  readonly layers?: string | undefined;
}

/** Reads the part of an address after `#`; whatever it does not understand is left out. */
export function readLink(hash: string): LinkedView {
  const params = new URLSearchParams(hash.replace(/^#/, ''));
  const selected = params.get('select')?.slice(0, 600) || undefined;
  const [x, y, width, height] = (params.get('view') ?? '').split(',').map(Number);
  const numbers = [x, y, width, height];
  const whole = numbers.every((n) => n !== undefined && Number.isFinite(n) && Math.abs(n) < 1e6);
  const positive = (width ?? 0) > 0 && (height ?? 0) > 0;
  const draft =
    params.has('from') || params.has('to') ? draftFrom(Object.fromEntries(params)) : undefined;
  return {
    selected,
    view:
      whole && positive
        ? { x: x ?? 0, y: y ?? 0, width: width ?? 0, height: height ?? 0 }
        : undefined,
    draft,
  };
}

/** The part after `#` that restores a view. */
export function writeLink({ selected, view, draft = EMPTY_DRAFT, layers }: LinkedView): string {
  const params = new URLSearchParams();
  if (layers !== undefined) params.set('layers', layers);
  if (selected !== undefined) params.set('select', selected);
  if (view !== undefined)
    params.set('view', [view.x, view.y, view.width, view.height].map(Math.round).join(','));
  for (const [name, value] of Object.entries(draft)) {
    if (value !== '' && value !== false) params.set(name, `${value}`);
  }
  return `#${params}`;
}
