import { formatIp, type Ip } from '../addr/index.js';

/** A taken address and who holds it. */
export interface Reservation {
  readonly address: Ip;
  readonly containerId: string;
  readonly ifname: string;
}

/**
 * What host-local keeps of one network under /var/lib/cni/networks/NAME: a file for each address that is taken, and
 * for each range set the address that was given last.
 *
 * Source: containernetworking/plugins `host-local/backend/disk/backend.go`.
 */
export class ReservationStore {
  private readonly byAddress = new Map<Ip, Reservation>();
  private readonly byHolder = new Map<string, readonly Ip[]>();
  private readonly last = new Map<number, Ip>();

  /** Takes an address for a holder; false when it is taken. */
  reserve(reservation: Reservation, set: number): boolean {
    const { address } = reservation;
    if (this.byAddress.has(address)) return false;
    this.byAddress.set(address, reservation);
    const holder = keyOf(reservation);
    this.byHolder.set(holder, [...(this.byHolder.get(holder) ?? []), address]);
    this.last.set(set, address);
    return true;
  }

  /** Gives back all that a holder has; a holder that has nothing is fine. */
  release(holder: Omit<Reservation, 'address'>): void {
    for (const address of this.heldBy(holder)) this.byAddress.delete(address);
    this.byHolder.delete(keyOf(holder));
  }

  /** The addresses of a holder, in the order they were taken. */
  heldBy(holder: Omit<Reservation, 'address'>): readonly Ip[] {
    return this.byHolder.get(keyOf(holder)) ?? [];
  }

  /** Whether an address is taken. */
  has(address: Ip): boolean {
    return this.byAddress.has(address);
  }

  /** The address of a range set that was given last, from which the next search begins. */
  lastReserved(set: number): Ip | undefined {
    return this.last.get(set);
  }

  /** Lets the next search of a range set begin after an address, as if that had been given last. */
  continueAfter(set: number, address: Ip): void {
    this.last.set(set, address);
  }

  /** Every reservation, in order of address, IPv4 first. */
  reservations(): readonly Reservation[] {
    return [...this.byAddress.values()].sort((a, b) => compareIps(a.address, b.address));
  }

  /** The files of the network's folder, by name. */
  files(): ReadonlyMap<string, string> {
    return new Map([
      ...this.reservations().map(({ address, containerId, ifname }) => {
        return [formatIp(address), `${containerId}\n${ifname}`] as const;
      }),
      ...Array.from(this.last, ([set, address]) => {
        return [`last_reserved_ip.${set}`, formatIp(address)] as const;
      }),
    ]);
  }
}

function keyOf({ containerId, ifname }: Omit<Reservation, 'address'>): string {
  return `${containerId} ${ifname}`;
}

function compareIps(a: Ip, b: Ip): number {
  if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1;
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
