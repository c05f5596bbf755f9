/** A queue whose both ends cost nothing. */
export class Fifo<T> {
  private items: T[] = [];
  private head = 0;

  /** Items in the queue. */
  get size(): number {
    return this.items.length - this.head;
  }

  /** Adds at the end. */
  push(item: T): void {
    this.items.push(item);
  }

  /** The first item, which stays. */
  peek(): T | undefined {
    return this.items[this.head];
  }

  /** Takes the first item. */
  shift(): T | undefined {
    if (this.head === this.items.length) return undefined;
    const item = this.items[this.head];
    this.head++;
    if (this.head === this.items.length) {
      this.items = [];
      this.head = 0;
    } else if (this.head > 64 && this.head * 2 > this.items.length) {
      this.items = this.items.slice(this.head);
      this.head = 0;
    }
    return item;
  }

  /** Puts an item back at the front. */
  unshift(item: T): void {
    if (this.head > 0) {
      this.head--;
      this.items[this.head] = item;
    } else this.items.unshift(item);
  }

  /** All items, the first first; they stay. */
  *[Symbol.iterator](): IterableIterator<T> {
    for (let at = this.head; at < this.items.length; at++) {
      const item = this.items[at];
      if (item !== undefined) yield item;
    }
  }

  /** Forgets all. */
  clear(): void {
    this.items = [];
    this.head = 0;
  }
}
