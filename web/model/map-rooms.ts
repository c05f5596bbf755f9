import type { PodVertex, Vertex } from '../../server/contract/graph.js';
import { compareNames } from './names.js';
import { PENDING_BOX } from './slots.js';

/** How many pods are in which state. */
export type Tally = Record<PodVertex['tone'], number>;

/** What can be drawn as one: nothing, each node's pods, or each namespace's on a node. */
export const FOLDS = ['nothing', 'nodes', 'namespaces'] as const;

/** What is drawn as one thing of each node or namespace. */
export type FoldBy = (typeof FOLDS)[number];

/** What a person folded: all rooms or namespaces but those that they opened. */
export interface Folding {
  readonly by: FoldBy;
  /** Ids of rooms, or of folds, that stay open. */
  readonly opened: ReadonlySet<string>;
}

/** What stands in a cell: a pod, or the pods of a namespace on one node, folded. */
export interface Occupant {
  readonly id: string;
  /** Set for folds. */
  readonly namespace?: string;
  readonly pods: Set<string>;
  readonly tally: Tally;
}

/** A node with its pods, or the place of those that no node has taken. */
export interface Room {
  readonly id: string;
  readonly folded: boolean;
  readonly cells: (Occupant | undefined)[];
  readonly tally: Tally;
}

/** What became of the rooms by an update. */
export interface RoomChange {
  /** Ids of occupants that look different now, and of rooms, whose tallies do. */
  readonly touched: ReadonlySet<string>;
  /** Occupants that came, went or moved. */
  readonly moved: boolean;
}

interface Home {
  readonly room: Room;
  readonly cell: number;
  readonly occupant: Occupant;
}

/** A tally of nothing. */
export function noTally(): Tally {
  return { good: 0, busy: 0, bad: 0, done: 0 };
}

/** How many a tally counts. */
export function totalOf(tally: Tally): number {
  return tally.good + tally.busy + tally.bad + tally.done;
}

/**
 * Which pod has which cell of which room. An update compares references and touches what differs: a pod keeps its cell
 * while it lives, a new one takes the first that is free in its node, so that nothing else moves.
 */
export class RoomBook {
  readonly rooms = new Map<string, Room>();
  private readonly folding: Folding;
  private readonly known = new Map<string, PodVertex>();
  private readonly homes = new Map<string, Home>();

  constructor(folding: Folding) {
    this.folding = folding;
  }

  /** Takes what is there now. The first time pods are placed in order of namespace and name. */
  update(vertices: ReadonlyMap<string, Vertex>): RoomChange {
    const touched = new Set<string>();
    const before = this.homes.size;
    const fresh: PodVertex[] = [];
    let pods = 0;
    let gone = 0;
    for (const vertex of vertices.values()) {
      if (vertex.kind !== 'pod') continue;
      pods += 1;
      const known = this.known.get(vertex.id);
      if (known === vertex) continue;
      if (known === undefined) fresh.push(vertex);
      else if (known.parent === vertex.parent) this.recount(known, vertex, touched);
      else {
        gone += 1;
        this.remove(known, touched);
        fresh.push(vertex);
      }
    }
    if (this.known.size + fresh.length > pods) {
      for (const pod of [...this.known.values()]) {
        if (vertices.has(pod.id)) continue;
        gone += 1;
        this.remove(pod, touched);
      }
    }
    fresh.sort(byNamespaceThenName);
    for (const pod of fresh) this.add(pod, touched);
    return { touched, moved: gone > 0 || this.homes.size !== before };
  }

  /** The occupant that stands for a pod, and where; undefined in a folded room. */
  homeOf(podId: string): Home | undefined {
    const pod = this.known.get(podId);
    return pod === undefined ? undefined : this.homes.get(this.occupantId(pod));
  }

  /** Whether a pod or fold has a cell. */
  stands(id: string): boolean {
    return this.homes.has(id);
  }

  /** Pods of all rooms. */
  get podCount(): number {
    return this.known.size;
  }

  /** The room of a node, which may be empty, or of the pods that wait. */
  room(id: string): Room {
    const known = this.rooms.get(id);
    if (known !== undefined) return known;
    const folded =
      this.folding.by === 'nodes' && id !== PENDING_BOX && !this.folding.opened.has(id);
    const made: Room = { id, folded, cells: [], tally: noTally() };
    this.rooms.set(id, made);
    return made;
  }

  private occupantId(pod: PodVertex): string {
    if (this.folding.by !== 'namespaces') return pod.id;
    const fold = `fold:${roomOf(pod)}|${pod.namespace}`;
    return this.folding.opened.has(fold) ? pod.id : fold;
  }

  private recount(before: PodVertex, now: PodVertex, touched: Set<string>): void {
    this.known.set(now.id, now);
    const room = this.room(roomOf(now));
    const occupant = this.homes.get(this.occupantId(now))?.occupant;
    touched.add(occupant?.id ?? room.id);
    if (before.tone === now.tone) return;
    touched.add(room.id);
    for (const tally of [room.tally, occupant?.tally]) {
      if (tally === undefined) continue;
      tally[before.tone] -= 1;
      tally[now.tone] += 1;
    }
  }

  private add(pod: PodVertex, touched: Set<string>): void {
    this.known.set(pod.id, pod);
    const room = this.room(roomOf(pod));
    room.tally[pod.tone] += 1;
    touched.add(room.id);
    if (room.folded) return;
    const id = this.occupantId(pod);
    const home = this.homes.get(id) ?? this.settle(id, pod, room);
    home.occupant.pods.add(pod.id);
    home.occupant.tally[pod.tone] += 1;
    touched.add(id);
  }

  private settle(id: string, pod: PodVertex, room: Room): Home {
    const free = room.cells.indexOf(undefined);
    const cell = free === -1 ? room.cells.length : free;
    const occupant: Occupant = {
      id,
      ...(id === pod.id ? {} : { namespace: pod.namespace }),
      pods: new Set(),
      tally: noTally(),
    };
    room.cells[cell] = occupant;
    const home = { room, cell, occupant };
    this.homes.set(id, home);
    return home;
  }

  private remove(pod: PodVertex, touched: Set<string>): void {
    const id = this.occupantId(pod);
    const home = this.homes.get(id);
    const room = this.room(roomOf(pod));
    this.known.delete(pod.id);
    room.tally[pod.tone] -= 1;
    touched.add(room.id);
    touched.add(id);
    if (home === undefined) return;
    home.occupant.tally[pod.tone] -= 1;
    home.occupant.pods.delete(pod.id);
    if (home.occupant.pods.size > 0) return;
    room.cells[home.cell] = undefined;
    while (room.cells.length > 0 && room.cells.at(-1) === undefined) room.cells.pop();
    this.homes.delete(id);
  }
}

function roomOf(pod: PodVertex): string {
  return pod.parent ?? PENDING_BOX;
}

function byNamespaceThenName(a: PodVertex, b: PodVertex): number {
  return compareNames(a.namespace, b.namespace) || compareNames(a.name, b.name);
}
