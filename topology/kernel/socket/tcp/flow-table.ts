import type { Device } from '../../contract.js';
import type { FlowKey } from '../hash.js';
import type { TcpFlow } from './flow.js';

/** Flows by their four addresses and ports: one number for the two ports, a chain for equal ones. */
export class FlowTable {
  private readonly byPorts = new Map<number, TcpFlow>();

  /** The flow with these ends, of the device they are on when that is given. */
  find(key: FlowKey, dev?: Device): TcpFlow | undefined {
    let flow = this.byPorts.get(portKey(key.localPort, key.remotePort));
    for (; flow !== undefined; flow = flow.chain) {
      const { sock } = flow;
      if (sock.remoteAddress !== key.remote || sock.address !== key.local) continue;
      if (dev === undefined || sock.device === undefined || sock.device === dev) break;
    }
    return flow;
  }

  /** Adds a flow whose ends are set and stay so. */
  add(flow: TcpFlow): void {
    const key = portKey(flow.sock.port, flow.sock.remotePort);
    flow.chain = this.byPorts.get(key);
    this.byPorts.set(key, flow);
  }

  /** Takes a flow out; does nothing when it is not there. */
  remove(flow: TcpFlow): void {
    const key = portKey(flow.sock.port, flow.sock.remotePort);
    let previous = this.byPorts.get(key);
    if (previous === flow) {
      if (flow.chain === undefined) this.byPorts.delete(key);
      else this.byPorts.set(key, flow.chain);
    } else {
      while (previous !== undefined && previous.chain !== flow) previous = previous.chain;
      if (previous !== undefined) previous.chain = flow.chain;
    }
    flow.chain = undefined;
  }

  /** Ends every flow without a word. */
  abandonAll(): void {
    for (const first of this.byPorts.values()) {
      for (let flow: TcpFlow | undefined = first; flow !== undefined; flow = flow.chain) {
        flow.abandon();
      }
    }
    this.byPorts.clear();
  }
}

function portKey(local: number, remote: number): number {
  return local * 0x10000 + remote;
}
