import type { TrafficKind } from '../../server/contract/traffic.js';
import { useKeys } from '../keys/use-keys.js';
import { Menu } from '../panel/menu.js';
import { CHOICES } from './settings.js';
import { traffic } from './traffic-store.js';
import { useTrafficSettings } from './use-traffic.js';
import { KINDS, TRAFFIC } from './words.js';

/** Switches live traffic on and off, and chooses what is shown of it; kept in this browser. */
export function TrafficSwitch() {
  const { on, hidden } = useTrafficSettings();
  useKeys('page', { traffic: () => traffic.change({ on: !traffic.settings.on }) });
  const toggle = (kind: TrafficKind) => {
    const next = new Set(hidden);
    if (!next.delete(kind)) next.add(kind);
    traffic.change({ hidden: next });
  };
  return (
    <span className="traffic-tools">
      <button
        type="button"
        aria-pressed={on}
        aria-label={TRAFFIC.name}
        title={TRAFFIC.switch}
        onClick={() => traffic.change({ on: !on })}
      >
        {on ? TRAFFIC.onSign : TRAFFIC.offSign} <span className="word">{TRAFFIC.name}</span>
      </button>
      <Menu button="▾" label={TRAFFIC.choose} className="traffic-menu">
        {() => (
          <fieldset>
            <legend>{TRAFFIC.filter}</legend>
            {CHOICES.map((kind) => (
              <label key={kind}>
                <input type="checkbox" checked={!hidden.has(kind)} onChange={() => toggle(kind)} />
                {KINDS[kind].name}
                <span className="muted">{KINDS[kind].hint}</span>
              </label>
            ))}
            <p className="muted">{TRAFFIC.hint}</p>
          </fieldset>
        )}
      </Menu>
    </span>
  );
}
