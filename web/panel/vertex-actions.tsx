import type { Edge, PodVertex, Vertex } from '../../server/contract/graph.js';
import type { FaultRequest } from '../../server/contract/live.js';
import { endFor } from '../model/ends.js';

/** What can be done to the selected thing. */
export interface Actions {
  fault(request: FaultRequest): void;
  remove(kind: string, name: string, namespace: string): void;
  chooseEnd(end: 'from' | 'to', id: string): void;
}

interface Props {
  readonly vertex: Vertex | undefined;
  readonly edge: Edge | undefined;
  readonly actions: Actions;
}

/** Buttons that break, mend or delete what is selected. */
export function VertexActions({ vertex, edge, actions }: Props) {
  return (
    <div className="actions">
      {vertex === undefined ? null : <EndButtons vertex={vertex} actions={actions} />}
      {vertex?.kind === 'pod' ? <PodActions pod={vertex} actions={actions} /> : null}
      {vertex?.kind === 'service' ? (
        <button
          type="button"
          className="danger"
          onClick={() => actions.remove('Service', vertex.name, vertex.namespace)}
        >
          delete Service
        </button>
      ) : null}
      {vertex?.kind === 'node' ? (
        <>
          <button
            type="button"
            className="danger"
            onClick={() => actions.fault({ kind: 'node-down', node: vertex.name })}
          >
            cut power
          </button>
          <button
            type="button"
            onClick={() => actions.fault({ kind: 'node-up', node: vertex.name })}
          >
            power on
          </button>
        </>
      ) : null}
      {edge === undefined || edge.kind === 'uplink' ? null : (
        <button
          type="button"
          className={edge.up ? 'danger' : 'primary'}
          onClick={() => actions.fault({ kind: edge.up ? 'link-down' : 'link-up', edge: edge.id })}
        >
          {edge.up ? 'take link down' : 'bring link up'}
        </button>
      )}
    </div>
  );
}

function EndButtons({ vertex, actions }: { readonly vertex: Vertex; readonly actions: Actions }) {
  return (
    <>
      {endFor(vertex, 'from', 'tcp') === undefined ? null : (
        <button type="button" onClick={() => actions.chooseEnd('from', vertex.id)}>
          send from here
        </button>
      )}
      {endFor(vertex, 'to', 'tcp') === undefined ? null : (
        <button type="button" onClick={() => actions.chooseEnd('to', vertex.id)}>
          send to here
        </button>
      )}
    </>
  );
}

function PodActions({ pod, actions }: { readonly pod: PodVertex; readonly actions: Actions }) {
  const name = `${pod.namespace}/${pod.name}`;
  return (
    <>
      {pod.containers
        .filter((c) => c.role !== 'pause' && c.state === 'running')
        .map((c) => (
          <button
            key={c.name}
            type="button"
            onClick={() => actions.fault({ kind: 'kill-container', pod: name, container: c.name })}
            title="SIGKILL: the kubelet restarts it in the same sandbox"
          >
            kill {c.name}
          </button>
        ))}
      <button
        type="button"
        onClick={() => actions.fault({ kind: 'kill-pause', pod: name })}
        title="The sandbox dies with it: a new one comes with a new IP"
      >
        kill pause
      </button>
      <button
        type="button"
        className="danger"
        onClick={() => actions.remove('Pod', pod.name, pod.namespace)}
      >
        delete pod
      </button>
    </>
  );
}
