/** Index part of an id (IPCMNI_SHIFT); the rest is a sequence number. */
const ID_SHIFT = 15;
/** Indexes go round at this many or half more than are in use (ipc_min_cycle). */
const MIN_CYCLE = 64;

/** Ids of one kind of System V object, in the order of ipc_idr_alloc: indexes go round, a sequence number counts the rounds. */
export class SysvIds {
  private readonly used = new Set<number>();
  private last = -1;
  private sequence = 0;

  /** An id that no living object has and that the one before it did not have. */
  allocate(): number {
    const limit = Math.max(Math.floor((this.used.size * 3) / 2), MIN_CYCLE);
    let index = this.last + 1;
    if (index >= limit) index = 0;
    while (this.used.has(index)) index = index + 1 >= limit ? 0 : index + 1;
    if (index <= this.last) this.sequence++;
    this.last = index;
    this.used.add(index);
    return this.sequence * (1 << ID_SHIFT) + index;
  }

  /** Takes back the id of an object that was removed. */
  free(id: number): void {
    this.used.delete(id & ((1 << ID_SHIFT) - 1));
  }
}
