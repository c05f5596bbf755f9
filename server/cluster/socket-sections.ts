/** Sockets and ports of a network namespace, for the pod inspector. */
import { formatIp, type Ip, isIpv4, type NetNamespace } from '../../topology/index.js';
import type { DetailSection } from '../contract/live.js';

/** Sockets that are listed at most. */
const LISTED = 200;

/** Every TCP and UDP socket, as `ss -anp` lists them. */
export function socketTable(netns: NetNamespace): DetailSection {
  const holders = netns.sockets.holders();
  return {
    kind: 'table',
    title: 'Sockets (ss -anp)',
    columns: ['proto', 'state', 'local', 'peer', 'recv-q', 'send-q', 'process'],
    rows: holders
      .slice(0, LISTED)
      .map((holder) => [
        holder.proto,
        holder.state,
        `${endpoint(holder.address, holder.port)}${holder.device === undefined ? '' : `%${holder.device}`}`,
        holder.remote === undefined ? '*' : endpoint(holder.remote.address, holder.remote.port),
        String(holder.receiveQueue),
        String(holder.sendQueue),
        holder.pid === 0 ? '-' : `${holder.comm} ${holder.pid}`,
      ]),
    ...(holders.length > LISTED ? { note: `and ${holders.length - LISTED} more` } : {}),
  };
}

function endpoint(address: Ip, port: number): string {
  return isIpv4(address) ? `${formatIp(address)}:${port}` : `[${formatIp(address)}]:${port}`;
}
