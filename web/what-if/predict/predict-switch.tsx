import { useSyncExternalStore } from 'react';
import { PREDICT } from '../words.js';
import { MODES, predictions } from './predict-store.js';
import './predict.css';

/** In the player: whether it is asked what happens next. */
export function PredictSwitch() {
  const { mode } = useSyncExternalStore(predictions.subscribe, () => predictions.state);
  return (
    <span className="predict-switch">
      <select
        aria-label={PREDICT.label}
        title={PREDICT.hint}
        className={mode === 'off' ? '' : 'on'}
        value={mode}
        onChange={({ target }) =>
          predictions.setMode(MODES.find((one) => one === target.value) ?? 'off')
        }
      >
        {MODES.map((one) => (
          <option key={one} value={one}>
            {PREDICT.modes[one]}
          </option>
        ))}
      </select>
    </span>
  );
}
