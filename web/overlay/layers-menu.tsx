import { LAYERS, type Layer, type LayerSet } from '../model/layers.js';
import { Menu } from '../panel/menu.js';
import { setLayer } from '../state/layers.js';
import { OVERLAY } from './words.js';
import './overlay.css';

interface Props {
  readonly layers: LayerSet;
  /** Why a layer has nothing to show here; its switch rests. */
  readonly nothing: ReadonlyMap<Layer, string>;
}

/** Which layers are drawn. */
export function LayersMenu({ layers, nothing }: Props) {
  return (
    <Menu button={`${OVERLAY.menu} ▾`} label={OVERLAY.menuLabel} className="layers-menu">
      {() => (
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
      )}
    </Menu>
  );
}
