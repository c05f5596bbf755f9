import { useSyncExternalStore } from 'react';
import {
  FIRST_LAYERS,
  type Layer,
  type LayerSet,
  layersFrom,
  layersText,
} from '../model/layers.js';
import { readStored, writeStored } from './stored.js';

const KEY = 'layers';
const listeners = new Set<() => void>();
let now: LayerSet | undefined;

/** The layers that are on: those of the page's link, else those of the last visit. */
export function layersNow(): LayerSet {
  now ??=
    layersFrom(new URLSearchParams(location.hash.slice(1)).get(KEY)) ??
    layersFrom(readStored(KEY)) ??
    FIRST_LAYERS;
  return now;
}

/** Switches a layer on or off, for this visit and the next. */
export function setLayer(layer: Layer, on: boolean): void {
  const next = new Set(layersNow());
  if (on) next.add(layer);
  else next.delete(layer);
  now = next;
  writeStored(KEY, layersText(next) ?? '');
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The layers that are on, as React state. */
export function useLayers(): LayerSet {
  return useSyncExternalStore(subscribe, layersNow);
}
