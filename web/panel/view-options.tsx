import type { FoldBy } from '../model/map-rooms.js';
import { VIEW } from './stage-words.js';

interface Props {
  readonly foldBy: FoldBy;
  readonly onFoldBy: (by: FoldBy) => void;
  readonly quiet: boolean;
  readonly onQuiet: (quiet: boolean) => void;
  readonly locked: boolean;
  readonly onLocked: (locked: boolean) => void;
  /** Whether anything was moved by hand. */
  readonly moved: boolean;
  readonly onTidy: () => void;
}

const FOLDS = ['nothing', 'namespaces', 'nodes'] as const satisfies readonly FoldBy[];

/** What a person may change about the drawing besides its layers: what is folded or hidden, what may be moved. */
export function ViewOptions(props: Props) {
  return (
    <>
      <h3>{VIEW.pods}</h3>
      <ul>
        <li>
          <label className="choice">
            <span>
              {VIEW.fold}
              <small>{VIEW.foldWhy}</small>
            </span>
            <select
              value={props.foldBy}
              onChange={(event) =>
                props.onFoldBy(FOLDS.find((by) => by === event.target.value) ?? 'nothing')
              }
            >
              {FOLDS.map((by) => (
                <option key={by} value={by}>
                  {VIEW.folds[by]}
                </option>
              ))}
            </select>
          </label>
        </li>
        <Switch name={VIEW.noise} why={VIEW.noiseWhy} on={props.quiet} onChange={props.onQuiet} />
      </ul>
      <h3>{VIEW.places}</h3>
      <ul>
        <Switch name={VIEW.lock} why={VIEW.lockWhy} on={props.locked} onChange={props.onLocked} />
        <li>
          <button
            type="button"
            title={VIEW.tidyWhy}
            disabled={!props.moved || props.locked}
            onClick={props.onTidy}
          >
            {VIEW.tidy}
          </button>
          {props.moved ? null : <small className="beside">{VIEW.tidied}</small>}
        </li>
      </ul>
    </>
  );
}

interface SwitchProps {
  readonly name: string;
  readonly why: string;
  readonly on: boolean;
  readonly onChange: (on: boolean) => void;
}

function Switch({ name, why, on, onChange }: SwitchProps) {
  return (
    <li>
      <label>
        <input type="checkbox" checked={on} onChange={(event) => onChange(event.target.checked)} />
        <span>
          {name}
          <small>{why}</small>
        </span>
      </label>
    </li>
  );
}
