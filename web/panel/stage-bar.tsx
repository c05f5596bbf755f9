import { type ReactNode, useEffect, useRef } from 'react';
import type { ServiceVertex } from '../../server/contract/graph.js';
import { censusOf } from '../model/census.js';
import type { Search } from '../model/filter.js';
import { hueOf } from '../model/names.js';
import type { LiveState } from '../state/live-store.js';
import { SearchBox } from './search-box.js';
import { VIEW } from './stage-words.js';
import { STAGE_BAR } from './words.js';

interface Props {
  readonly live: LiveState;
  readonly search: Search;
  readonly dimmed: ReadonlySet<string>;
  readonly selected: string | undefined;
  /** Services whose address the shown packet had. */
  readonly translated: ReadonlySet<string>;
  /** Pods that match what is looked for; undefined while nothing is. */
  readonly matches: number | undefined;
  /** Pods that are left out of the drawing. */
  readonly hidden: number;
  readonly onSearch: (search: Search) => void;
  /** Shows the next pod that matches. */
  readonly onFind: () => void;
  readonly onSelect: (id: string) => void;
  /** Menus beside the search. */
  readonly children?: ReactNode;
}

const TONES = ['good', 'busy', 'bad', 'done'] as const;

function toneOf(value: string): Search['tone'] {
  return TONES.find((tone) => tone === value) ?? '';
}

/** Above the graph: what to look for, and the Services, which have an address but no place. */
export function StageBar(props: Props) {
  const { live, search, onSearch } = props;
  const { services, namespaces } = censusOf(live.vertices);
  return (
    <div className="stage-bar">
      <SearchBox
        text={search.text}
        vertices={live.vertices}
        onText={(text) => onSearch({ ...search, text })}
        onFind={props.onFind}
      />
      <select
        aria-label={STAGE_BAR.namespace}
        value={search.namespace}
        onChange={(event) => onSearch({ ...search, namespace: event.target.value })}
      >
        <option value="">{STAGE_BAR.everyNamespace}</option>
        {namespaces.map((namespace) => (
          <option key={namespace}>{namespace}</option>
        ))}
      </select>
      <select
        aria-label={STAGE_BAR.state}
        value={search.tone}
        onChange={(event) => onSearch({ ...search, tone: toneOf(event.target.value) })}
      >
        <option value="">{STAGE_BAR.anyState}</option>
        {TONES.map((tone) => (
          <option key={tone} value={tone}>
            {STAGE_BAR.states[tone]}
          </option>
        ))}
      </select>
      {props.children}
      {props.matches === undefined ? null : (
        <span className="match-count" role="status">
          {STAGE_BAR.matches(props.matches)}
        </span>
      )}
      {props.hidden === 0 ? null : <span className="match-count">{VIEW.hidden(props.hidden)}</span>}
      <ul className="services" aria-label={STAGE_BAR.services}>
        {services.map((service) => (
          <li key={service.id}>
            <ServiceChip service={service} {...props} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function ServiceChip({ service, ...props }: Props & { readonly service: ServiceVertex }) {
  const { id, namespace, name, type, clusterIp, ports, endpoints } = service;
  const lit = props.translated.has(id);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (lit) button.current?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [lit]);
  const classes = ['service'];
  if (id === props.selected) classes.push('selected');
  if (lit) classes.push('lit');
  if (props.dimmed.has(id)) classes.push('dimmed');
  return (
    <button
      ref={button}
      type="button"
      className={classes.join(' ')}
      style={{ '--hue': hueOf(namespace) } as React.CSSProperties}
      data-id={id}
      title={[
        STAGE_BAR.service(namespace, name),
        `${type} ${clusterIp} ${ports.join(' ')}`,
        STAGE_BAR.endpoints(endpoints),
      ].join('\n')}
      onClick={() => props.onSelect(id)}
    >
      <span className="service-name">
        <span className="muted">{namespace}/</span>
        {name}
      </span>
      <span className={endpoints.length > 0 ? 'good' : 'bad'}>
        {endpoints.length > 0 ? `● ${endpoints.length}` : '▲ 0'}
      </span>
    </button>
  );
}
