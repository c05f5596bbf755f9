import { type ReactNode, useState } from 'react';
import type { ObjectName } from '../../server/contract/acting.js';
import type { Edge, NodeVertex, PodVertex, Vertex } from '../../server/contract/graph.js';
import type { Actions } from './actions.js';
import { DeleteForm } from './delete-form.js';
import { FaultForm } from './fault-form.js';
import { ScaleForm } from './scale-form.js';
import { ends, ownerOf } from './target.js';
import { ACT } from './words.js';

interface Props {
  readonly vertex: Vertex | undefined;
  readonly edge: Edge | undefined;
  readonly actions: Actions;
  /** Buttons that stand in the same row. */
  readonly children?: ReactNode;
}

/** What is folded behind a button of the row. */
interface Drawer {
  readonly label: string;
  readonly danger?: true;
  readonly content: ReactNode;
}

/** What can be done to the selected thing, in one row: send; what changes or breaks it is folded behind a button. */
export function VertexActions({ vertex, edge, actions, children }: Props) {
  const [open, setOpen] = useState<string>();
  const drawers = drawersOf(vertex, edge, actions);
  const shown = drawers.find(({ label }) => label === open);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape folds what is open
    <div
      className="vertex-actions"
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || shown === undefined) return;
        event.stopPropagation();
        setOpen(undefined);
      }}
    >
      <div className="actions">
        {vertex === undefined ? null : <EndButtons vertex={vertex} actions={actions} />}
        {edge === undefined || edge.kind === 'uplink' ? null : (
          <button
            type="button"
            className={edge.up ? 'danger' : 'primary'}
            onClick={() =>
              actions.fault({ kind: edge.up ? 'link-down' : 'link-up', edge: edge.id })
            }
          >
            {edge.up ? ACT.linkDown : ACT.linkUp}
          </button>
        )}
        {drawers.map(({ label, danger }) => (
          <button
            key={label}
            type="button"
            className={danger === true ? 'danger' : ''}
            aria-expanded={label === open}
            onClick={() => setOpen(label === open ? undefined : label)}
          >
            {label} {label === open ? '▴' : '▾'}
          </button>
        ))}
        {children}
      </div>
      {shown === undefined ? null : <div className="actions drawer">{shown.content}</div>}
    </div>
  );
}

function drawersOf(
  vertex: Vertex | undefined,
  edge: Edge | undefined,
  actions: Actions,
): readonly Drawer[] {
  const drawers: Drawer[] = [];
  const change = (content: ReactNode) => drawers.push({ label: ACT.change, content });
  const hurt = (content: ReactNode) => drawers.push({ label: ACT.hurt, danger: true, content });
  switch (vertex?.kind) {
    case 'pod':
      change(<PodChanges pod={vertex} actions={actions} />);
      hurt(<PodFaults pod={vertex} actions={actions} />);
      break;
    case 'node':
      change(<NodeChanges node={vertex} actions={actions} />);
      hurt(<NodeFaults node={vertex} actions={actions} />);
      break;
    case 'service': {
      const { name, namespace } = vertex;
      change(
        <ObjectActions
          target={{ apiVersion: 'v1', kind: 'Service', name, namespace }}
          actions={actions}
        />,
      );
      break;
    }
    default:
      break;
  }
  if (edge?.kind === 'cable') hurt(<FaultForm edge={edge} actions={actions} />);
  return drawers;
}

function EndButtons({ vertex, actions }: { readonly vertex: Vertex; readonly actions: Actions }) {
  const can = ends(vertex);
  return (
    <>
      {can.from ? (
        <button
          type="button"
          title={ACT.fromTitle}
          onClick={() => actions.chooseEnd('from', vertex.id)}
        >
          {ACT.from}
        </button>
      ) : null}
      {can.to ? (
        <button
          type="button"
          title={ACT.toTitle}
          onClick={() => actions.chooseEnd('to', vertex.id)}
        >
          {ACT.to}
        </button>
      ) : null}
    </>
  );
}

interface PodProps {
  readonly pod: PodVertex;
  readonly actions: Actions;
}

function PodFaults({ pod, actions }: PodProps) {
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
            title={ACT.killTitle}
          >
            {ACT.kill(c.name)}
          </button>
        ))}
      <button
        type="button"
        onClick={() => actions.fault({ kind: 'kill-pause', pod: name })}
        title={ACT.killPauseTitle}
      >
        {ACT.kill('pause')}
      </button>
      <FaultForm pod={name} actions={actions} />
    </>
  );
}

function PodChanges({ pod, actions }: PodProps) {
  const owner = ownerOf(pod);
  return (
    <>
      <ObjectActions
        target={{ apiVersion: 'v1', kind: 'Pod', name: pod.name, namespace: pod.namespace }}
        owner={owner === undefined ? pod.owner : `${owner.kind} ${owner.name}`}
        actions={actions}
      />
      {owner === undefined ? null : (
        <fieldset className="owner-actions">
          <legend>
            {owner.kind} {owner.name}
          </legend>
          {owner.kind === 'DaemonSet' || owner.kind === 'Job' ? null : (
            <ScaleForm key={`${owner.kind} ${owner.name}`} target={owner} actions={actions} />
          )}
          {owner.kind === 'Job' ? null : (
            <button
              type="button"
              title={ACT.restartTitle}
              onClick={() => actions.act({ act: 'restart', ...owner })}
            >
              {ACT.restart}
            </button>
          )}
          <ObjectActions target={owner} actions={actions} />
        </fieldset>
      )}
    </>
  );
}

interface ObjectProps {
  readonly target: ObjectName;
  /** Who makes another one when this is deleted. */
  readonly owner?: string | undefined;
  readonly actions: Actions;
}

/** Edits or deletes an object. */
function ObjectActions({ target, owner, actions }: ObjectProps) {
  const [isAsked, setAsked] = useState(false);
  return (
    <>
      <button type="button" onClick={() => actions.edit(target)}>
        {ACT.edit}
      </button>
      <button
        type="button"
        className="danger"
        aria-expanded={isAsked}
        onClick={() => setAsked(true)}
      >
        {ACT.remove} {target.kind}
      </button>
      {isAsked ? (
        <DeleteForm
          target={target}
          owner={owner}
          actions={actions}
          onClose={() => setAsked(false)}
        />
      ) : null}
    </>
  );
}

interface NodeProps {
  readonly node: NodeVertex;
  readonly actions: Actions;
}

function NodeChanges({ node, actions }: NodeProps) {
  const upkeep = (act: 'cordon' | 'uncordon' | 'drain') => () =>
    actions.act({ act, node: node.name });
  return (
    <>
      {node.schedulable ? (
        <button type="button" onClick={upkeep('cordon')}>
          {ACT.cordon}
        </button>
      ) : (
        <button type="button" className="primary" onClick={upkeep('uncordon')}>
          {ACT.uncordon}
        </button>
      )}
      <button type="button" title={ACT.drainTitle} onClick={upkeep('drain')}>
        {ACT.drain}
      </button>
      <button
        type="button"
        onClick={() => actions.edit({ apiVersion: 'v1', kind: 'Node', name: node.name })}
      >
        {ACT.edit}
      </button>
    </>
  );
}

function NodeFaults({ node, actions }: NodeProps) {
  return (
    <>
      <button
        type="button"
        className={node.powered ? 'danger' : 'primary'}
        onClick={() =>
          actions.fault({ kind: node.powered ? 'node-down' : 'node-up', node: node.name })
        }
      >
        {node.powered ? ACT.powerOff : ACT.powerOn}
      </button>
      <FaultForm node={node.name} actions={actions} />
    </>
  );
}
