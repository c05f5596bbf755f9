import type { Vertex } from '../../server/contract/graph.js';
import { useOpenTerminal } from './use-terminals.js';
import { WORDS } from './words.js';

/** Buttons that open a shell: in each container of a pod that runs, or on a node. */
export function ShellButtons({ vertex }: { readonly vertex: Vertex | undefined }) {
  const open = useOpenTerminal();
  if (vertex?.kind === 'node') {
    return (
      <button type="button" onClick={() => open({ kind: 'node', node: vertex.name })}>
        {WORDS.nodeShell}
      </button>
    );
  }
  if (vertex?.kind !== 'pod') return null;
  const { namespace, name: pod } = vertex;
  const running = vertex.containers.filter((c) => c.role !== 'pause' && c.state === 'running');
  if (running.length === 0) return null;
  return (
    <>
      {running.map(({ name: container }) => (
        <button
          key={container}
          type="button"
          onClick={() => open({ kind: 'container', namespace, pod, container })}
        >
          {WORDS.shellIn(container)}
        </button>
      ))}
    </>
  );
}
