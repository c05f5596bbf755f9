import type { ServiceVertex } from '../../server/contract/graph.js';
import { compareNames } from '../model/layout.js';
import type { LiveState } from '../state/live-store.js';

interface Props {
  readonly live: LiveState;
  readonly selected: string | undefined;
  readonly onSelect: (id: string) => void;
}

/** Services with their addresses and how many endpoints stand behind each. */
export function ServiceList({ live, selected, onSelect }: Props) {
  const services = [...live.vertices.values()]
    .filter((v): v is ServiceVertex => v.kind === 'service')
    .sort((a, b) => compareNames(a.namespace, b.namespace) || compareNames(a.name, b.name));
  return (
    <section className="card services">
      <h2>Services</h2>
      {services.length === 0 ? <p className="muted">none yet</p> : null}
      <ul>
        {services.map((service) => (
          <li key={service.id}>
            <button
              type="button"
              className={service.id === selected ? 'service selected' : 'service'}
              onClick={() => onSelect(service.id)}
            >
              <span className="service-name">
                {service.namespace}/<b>{service.name}</b>
              </span>
              <span
                className={service.endpoints.length > 0 ? 'count good' : 'count bad'}
                title="ready endpoints"
              >
                {service.endpoints.length > 0 ? `● ${service.endpoints.length}` : '▲ 0'}
              </span>
              <span className="service-line">
                {service.type} {service.clusterIp} {service.ports.join(' ')}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
