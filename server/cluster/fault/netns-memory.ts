/**
 * What a network namespace held before faults: setting a device down, or taking an address away, takes routes and
 * permanent neighbours along, which do not come back by themselves.
 */

import { formatIp, formatMac } from '../../../topology/index.js';
import { mainRoutes, plain } from './knobs.js';
import { type Place, typed, viewPlace } from './place.js';

interface Kept {
  readonly place: Place;
  readonly routes: readonly string[];
  readonly neighbors: readonly string[];
  readonly owners: Set<string>;
}

/** Remembers namespaces for as long as a fault is in force in them. */
export class NetnsMemory {
  readonly #kept = new Map<string, Kept>();

  /** Remembers a namespace before an owner's fault changes it. */
  hold(owner: string, place: Place): void {
    const key = keyOf(place);
    const known = this.#kept.get(key);
    if (known !== undefined) {
      known.owners.add(owner);
      return;
    }
    const view = viewPlace(place);
    if (view === undefined) return;
    const routes = (mainRoutes(place) ?? []).filter((line) => !line.includes('proto kernel'));
    const neighbors = view.neighbors.flatMap(({ address, device, mac, state }) =>
      state === 'permanent' && mac !== undefined
        ? [`${formatIp(address)} lladdr ${formatMac(mac)} dev ${device} nud permanent`]
        : [],
    );
    this.#kept.set(key, { place, routes, neighbors, owners: new Set([owner]) });
  }

  /**
   * Puts back what is missing, now that an owner's fault is healed; what others still break stays as they have it. What
   * cannot be put back while a cable is unplugged is tried again when the next fault is healed.
   */
  release(owner: string, isBroken: (place: Place, dst: string) => boolean): void {
    for (const [key, kept] of this.#kept) {
      kept.owners.delete(owner);
      const whole = restore(kept, isBroken);
      if (whole && kept.owners.size === 0) this.#kept.delete(key);
    }
  }

  /** Forgets everything: no fault is in force. */
  clear(): void {
    this.#kept.clear();
  }

  /** Forgets an owner whose target is gone. */
  forget(owner: string): void {
    for (const [key, { owners }] of this.#kept) {
      if (owners.delete(owner) && owners.size === 0) this.#kept.delete(key);
    }
  }
}

function keyOf({ host, netns = '' }: Place): string {
  return `${host.name}/${netns}`;
}

/** Each by itself: one whose device is still down must not keep the others from coming back. True when all are there. */
function restore(
  { place, routes, neighbors }: Kept,
  isBroken: (place: Place, dst: string) => boolean,
): boolean {
  const present = new Set((mainRoutes(place) ?? []).map(plain));
  let whole = true;
  for (const line of routes) {
    const [dst = ''] = line.split(' ');
    if (present.has(plain(line))) continue;
    whole = !isBroken(place, dst) && attempt(place, `ip route add ${plain(line)}`) && whole;
  }
  const view = viewPlace(place);
  for (const text of neighbors) {
    const [address = ''] = text.split(' ');
    const there = view?.neighbors.some(
      (one) => formatIp(one.address) === address && one.state === 'permanent',
    );
    if (there === false) whole = attempt(place, `ip neigh replace ${text}`) && whole;
  }
  return whole;
}

function attempt(place: Place, text: string): boolean {
  const change = typed(place, [text]);
  return change.ok && change.value.run().ok;
}
