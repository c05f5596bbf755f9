import type { ReactNode } from 'react';
import { LAYERS, type Layer, type LayerSet } from '../model/layers.js';
import { Menu } from '../panel/menu.js';
import { setLayer } from '../state/layers.js';
import { OVERLAY } from './words.js';
import './overlay.css';

interface Props {
  readonly layers: LayerSet;
  /** Why a layer has nothing to show here; its switch rests. */
  readonly nothing: ReadonlyMap<Layer, string>;
  /** Further things that may be changed about the drawing. */
  readonly children?: ReactNode;
}

/** Which layers are drawn. */
export function LayersMenu({ layers, nothing, children }: Props) {
  return (
    <Menu button={`${OVERLAY.menu} ▾`} label={OVERLAY.menuLabel} className="layers-menu">
      {() => (
        <>
          <h3>{OVERLAY.menuTitle}</h3>
          <ul>
            {LAYERS.map((layer) => (
              <li key={layer}>
                <label>
                  <input
                    type="checkbox"
                    checked={layers.has(layer)}
                    disabled={nothing.has(layer)}
                    onChange={(event) => setLayer(layer, event.target.checked)}
                  />
                  <span>
                    {OVERLAY.layers[layer].name}
                    <small>{nothing.get(layer) ?? OVERLAY.layers[layer].what}</small>
                  </span>
                </label>
              </li>
            ))}
          </ul>
          {children}
        </>
      )}
    </Menu>
  );
}
