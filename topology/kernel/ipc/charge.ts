/** `ulimit -q`: octets of message queues that one uid of a host may hold (RLIMIT_MSGQUEUE). */
export const RLIMIT_MSGQUEUE_BYTES = 819_200;

/** sizeof(struct msg_msg) and sizeof(struct posix_msg_tree_node) on 64-bit Linux. */
const MSG_MSG_BYTES = 48;
const TREE_NODE_BYTES = 48;

/** What RLIMIT_MSGQUEUE counts for a queue, whether or not messages are in it (getrlimit(2)). */
export function queueChargeBytes(maxMessages: number, messageBytes: number): number {
  return maxMessages * (MSG_MSG_BYTES + TREE_NODE_BYTES + messageBytes);
}

/**
 * What each uid of a host has charged against RLIMIT_MSGQUEUE. Uids count across IPC namespaces, because all
 * containers share the host's user namespace: a hungry pod can starve another that runs under the same uid.
 */
export class MessageQueueCharges {
  private readonly bytes = new Map<number, number>();

  /** Adds to what a uid holds; false, and nothing added, beyond the limit. */
  charge(uid: number, bytes: number): boolean {
    const total = (this.bytes.get(uid) ?? 0) + bytes;
    if (total > RLIMIT_MSGQUEUE_BYTES) return false;
    this.bytes.set(uid, total);
    return true;
  }

  /** Gives back what `charge` took. */
  release(uid: number, bytes: number): void {
    const left = (this.bytes.get(uid) ?? 0) - bytes;
    if (left > 0) this.bytes.set(uid, left);
    else this.bytes.delete(uid);
  }

  /** Octets that a uid holds now. */
  of(uid: number): number {
    return this.bytes.get(uid) ?? 0;
  }
}
