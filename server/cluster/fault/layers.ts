/** Values that several faults change at once: each lays its change over those before it. */

import { type Reply, reply } from '../reply.js';

/** Something that can be read and set: a cable's delay, a device's MTU, the routes to a destination. */
export interface Knob<V> {
  /** Tells knobs apart, and a thing from another that took its name. */
  readonly id: string;
  /** Undefined when the thing is gone. */
  read(): V | undefined;
  /** Set where whoever heals puts back later what cannot be put back now. */
  readonly remembered?: true;
  /** What must be done to get from one value to the other; nothing is done yet. */
  change(from: V, to: V): Reply<Change>;
}

/** A step that can be taken, and how it is typed. */
export interface Change {
  readonly commands: readonly string[];
  run(): Reply<undefined>;
}

/** A fault that is in force. */
export interface Applied {
  readonly commands: readonly string[];
  /** What would undo it if no other fault were there. */
  readonly heal: readonly string[];
}

interface Layer {
  readonly owner: string;
  readonly over: (value: unknown) => unknown;
}

interface Stack {
  readonly knob: Knob<unknown>;
  readonly base: unknown;
  readonly layers: readonly Layer[];
}

/** Every knob that faults have turned, as it was before, and the changes laid over it in order of their coming. */
export class Layers {
  readonly #stacks = new Map<string, Stack>();

  /** Lays a change over a knob. Nothing changes on failure. */
  add<V>(owner: string, knob: Knob<V>, over: (value: V) => V): Reply<Applied> {
    const stack = this.#stacks.get(knob.id) ?? this.#open(knob);
    if (stack === undefined) return { ok: false, error: 'it is gone' };
    // A stack's layers and base are of the type of its knob, whose id they share.
    const typed = { owner, over: over as (value: unknown) => unknown };
    const layers = [...stack.layers.filter((layer) => layer.owner !== owner), typed];
    const from = effective(stack);
    const to = effective({ ...stack, layers });
    const change = stack.knob.change(from, to);
    if (!change.ok) return change;
    const back = stack.knob.change(to, from);
    const done = change.value.run();
    if (!done.ok) return done;
    this.#stacks.set(knob.id, { ...stack, layers });
    return reply({
      commands: change.value.commands,
      heal: back.ok ? back.value.commands : [],
    });
  }

  /**
   * Takes an owner's change away from a knob; what others laid over it stays. Does nothing where the thing is gone. A
   * failure is final: somebody else has changed the thing meanwhile.
   */
  remove(owner: string, id: string): Reply<undefined> {
    const stack = this.#stacks.get(id);
    if (stack === undefined) return reply(undefined);
    const layers = stack.layers.filter((layer) => layer.owner !== owner);
    const next = { ...stack, layers };
    if (layers.length === 0) this.#stacks.delete(id);
    else this.#stacks.set(id, next);
    if (stack.knob.read() === undefined) return reply(undefined);
    const change = stack.knob.change(effective(stack), effective(next));
    const done = change.ok ? change.value.run() : change;
    return stack.knob.remembered === true ? reply(undefined) : done;
  }

  /** Changes what a knob returns to when all faults are healed; false when no fault touches it. */
  rebase<V>(id: string, to: (base: V) => V): boolean {
    const stack = this.#stacks.get(id);
    if (stack === undefined) return false;
    const next = { ...stack, base: to(stack.base as V) };
    this.#stacks.set(id, next);
    const change = stack.knob.change(effective(stack), effective(next));
    if (change.ok) change.value.run();
    return true;
  }

  /** Forgets an owner's change of a thing that is gone. */
  forget(owner: string, id: string): void {
    const stack = this.#stacks.get(id);
    if (stack === undefined) return;
    const layers = stack.layers.filter((layer) => layer.owner !== owner);
    if (layers.length === 0) this.#stacks.delete(id);
    else this.#stacks.set(id, { ...stack, layers });
  }

  #open<V>(knob: Knob<V>): Stack | undefined {
    const base = knob.read();
    if (base === undefined) return undefined;
    return { knob: knob as unknown as Knob<unknown>, base, layers: [] };
  }
}

function effective({ base, layers }: Stack): unknown {
  let value = base;
  for (const { over } of layers) value = over(value);
  return value;
}
