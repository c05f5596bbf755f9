import { io } from 'socket.io-client';
import type { GraphDiff, GraphSnapshot } from '../../server/contract/graph.js';

/** Another client of the graph, which hears what pages hear. */
export interface GraphClient {
  readonly pods: readonly string[];
  /** Sequence number of the next diff in which a pod is different. */
  changed(id: string): Promise<number>;
  close(): void;
}

/** Follows the graph of the default cluster. */
export async function followGraph(url: string): Promise<GraphClient> {
  const socket = io(`${url}/graph`, { transports: ['websocket'] });
  const { vertices } = await new Promise<GraphSnapshot>((resolve) => {
    socket.once('snapshot', resolve);
  });
  return {
    pods: vertices.filter(({ kind }) => kind === 'pod').map(({ id }) => id),
    changed: (id) =>
      new Promise((resolve) => {
        const hear = (diff: GraphDiff) => {
          if (!diff.vertices.some((vertex) => vertex.id === id)) return;
          socket.off('diff', hear);
          resolve(diff.seq);
        };
        socket.on('diff', hear);
      }),
    close: () => socket.disconnect(),
  };
}
