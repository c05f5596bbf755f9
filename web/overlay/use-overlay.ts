import { useEffect, useMemo, useRef, useState } from 'react';
import type { PolicyReach } from '../../server/contract/policy.js';
import { censusOf } from '../model/census.js';
import type { ChipSlots } from '../model/chips.js';
import type { Layer, LayerSet } from '../model/layers.js';
import type { Layout } from '../model/layout.js';
import { type Overlay, overlayOf } from '../model/overlay.js';
import { placeOf } from '../model/place-of.js';
import { usePage } from '../page.js';
import type { LiveState } from '../state/live-store.js';
import { OVERLAY } from './words.js';

/** How often an open question about policies is asked again, in milliseconds. */
const REFRESH_MS = 1500;
/** Width that a drawing is fitted into, in CSS pixels: larger ones have a larger overlay, to be read from far. */
const FITTED = 1000;

interface Drawn {
  readonly live: LiveState;
  readonly layout: Layout;
  /** It is a map of a large cluster. */
  readonly large: boolean;
  readonly layers: LayerSet;
  readonly selected: string | undefined;
}

/** What the layers show; the same object while nothing of it changes. */
export function useOverlay({ live, layout, large, layers, selected }: Drawn): Overlay {
  const slots = useRef<ChipSlots>(new Map());
  const reach = useReach(selected, layers);
  const { vertices } = live;
  // Without a layer that is drawn here the overlay does not follow every pod.
  const drawn = ['services', 'policies', 'tunnels'] as const;
  const following = drawn.some((layer) => layers.has(layer)) ? vertices : NOTHING;
  return useMemo(() => {
    const overlay = overlayOf({
      vertices: following,
      layout,
      place: placeOf(layout, following),
      layers,
      selected,
      reach,
      slots: slots.current,
      scale: large ? Math.max(1, layout.extent.width / FITTED) : 1,
    });
    slots.current = overlay.slots;
    return overlay;
  }, [following, layout, large, layers, selected, reach]);
}

const NOTHING: LiveState['vertices'] = new Map();

/** Whom the policies of the selected thing let pass, while that layer is on; asked again now and then. */
function useReach(selected: string | undefined, layers: LayerSet): PolicyReach | undefined {
  const { store } = usePage();
  const [reach, setReach] = useState<PolicyReach>();
  const asked =
    layers.has('policies') && /^(pod|policy):/.test(selected ?? '') ? selected : undefined;
  useEffect(() => {
    if (asked === undefined) return undefined;
    let over = false;
    const ask = async () => {
      const answer = await store.command('reach', { id: asked });
      if (over || !answer.ok) return;
      setReach((before) =>
        JSON.stringify(before) === JSON.stringify(answer.value) ? before : answer.value,
      );
    };
    ask();
    const timer = setInterval(() => {
      if (!document.hidden) ask();
    }, REFRESH_MS);
    return () => {
      over = true;
      clearInterval(timer);
    };
  }, [asked, store]);
  return asked === undefined ? undefined : reach;
}

/** Layers that have nothing to show in this cluster, and why. */
export function useEmptyLayers(live: LiveState): ReadonlyMap<Layer, string> {
  const { vertices, cluster } = live;
  return useMemo(() => {
    const nothing = new Map<Layer, string>();
    if (cluster !== undefined && cluster.network !== 'vxlan')
      nothing.set('tunnels', OVERLAY.noTunnels(cluster.network));
    if (!censusOf(vertices).hasPolicies) nothing.set('policies', OVERLAY.noPolicies);
    return nothing;
  }, [vertices, cluster]);
}
