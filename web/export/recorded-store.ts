import type { Answer, Commands } from '../../server/contract/live.js';
import type { LiveState, LiveStore } from '../state/live-store.js';
import { type Recording, stepPacketsIn } from './recording.js';
import { RECORDED } from './words.js';

/** What a recording can answer. */
type Answers = {
  readonly [Name in keyof Commands]?: (
    request: Commands[Name]['request'],
  ) => Answer<Commands[Name]['value']>;
};

/** The store of a recording: nothing changes, and what was not recorded is refused in words. */
export function recordedStore(recording: Recording): LiveStore {
  const answers: Answers = {
    traceStep: (at) => {
      const value = stepPacketsIn(recording.packets, at);
      return value === undefined ? { ok: false, error: RECORDED.notKept } : { ok: true, value };
    },
  };
  return {
    state: stateOf(recording),
    subscribe: () => () => {},
    command: async <Name extends keyof Commands>(
      name: Name,
      request: Commands[Name]['request'],
    ): Promise<Answer<Commands[Name]['value']>> => {
      const answer: Answers[Name] = answers[name];
      return answer?.(request) ?? { ok: false, error: RECORDED.noServer };
    },
  };
}

function stateOf({ cluster, vertices, edges }: Recording): LiveState {
  return {
    connected: true,
    seq: 0,
    clock: undefined,
    clockAtMs: 0,
    cluster,
    vertices: new Map(vertices.map((vertex) => [vertex.id, vertex])),
    edges: new Map(edges.map((edge) => [edge.id, edge])),
  };
}
