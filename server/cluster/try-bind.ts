/** "What if a container bound this port?", answered by the rules of bind(2) without binding. */
import {
  type BindNeighbor,
  type BindQuestion,
  formatIp,
  type Ip,
  isIpv4,
  type PortHolder,
  parseIp,
  strerror,
} from '../../topology/index.js';
import type { BindReport, BindRequest } from '../contract/inspector.js';
import type { Cluster } from './cluster.js';
import { type PodProcess, podProcess } from './pod-process.js';
import { type Reply, refuse, reply } from './reply.js';

/** What bind(2) would answer a container, and who holds the port; nothing changes. */
export function tryBindIn(cluster: Cluster, request: BindRequest): Reply<BindReport> {
  const { protocol, port } = request;
  if (protocol !== 'tcp' && protocol !== 'udp') {
    return refuse(`protocol must be tcp or udp, not '${String(protocol)}'`);
  }
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    return refuse(`port must be a whole number from 0 to 65535, not ${String(port)}`);
  }
  const address = parseIp(String(request.address).trim());
  if (!address.ok) return refuse(`'${String(request.address)}' is no IP address`);
  const found = podProcess(cluster, String(request.pod), String(request.container));
  if (!found.ok) return found;
  const { host, process } = found.value;
  const netns = host.netnsByInode(process.namespaces.net.inode);
  if (netns === undefined) return refuse('its network namespace is gone');
  const question: BindQuestion = {
    proto: protocol,
    domain: isIpv4(address.value) ? 'inet' : 'inet6',
    address: address.value,
    port,
    uid: process.uid,
    reuseAddr: request.reuseAddr === true,
    reusePort: request.reusePort === true,
    v6only: request.v6only === true,
  };
  const answer = netns.sockets.tryBind(question);
  const where = `${endpoint(address.value, port)}/${protocol}`;
  const neighbors = answer.outcome === 'bound' ? answer.sharedWith : answer.blockers;
  const rows = neighbors.map((one) => ({
    who: holderName(found.value, one.holder),
    bound: `${endpoint(one.holder.address, one.holder.port)} ${one.holder.state}`,
    why: whyOf(question, one, answer.outcome),
  }));
  if (answer.outcome === 'bound') {
    return reply({
      outcome: 'bound',
      summary: `bind(2) of ${where} succeeds${rows.length === 0 ? '' : `, beside ${rows.map(({ who }) => who).join(', ')}`}`,
      neighbors: rows,
      notes: consequences(question),
    });
  }
  const { errno } = answer;
  const first = rows[0];
  const because =
    first === undefined ? reasonOf(question, errno) : `${first.who} holds ${first.bound}`;
  return reply({
    outcome: 'refused',
    errno,
    summary: `bind(2) of ${where} fails with ${errno} (${strerror(errno)}): ${because}`,
    neighbors: rows,
    notes: [],
  });
}

function endpoint(address: Ip, port: number): string {
  return isIpv4(address) ? `${formatIp(address)}:${port}` : `[${formatIp(address)}]:${port}`;
}

/** The container that a socket belongs to, its pod when that is another, else the process. */
function holderName({ kubelet, pod }: PodProcess, holder: PortHolder): string {
  if (holder.pid === 0) return 'a connection whose process has ended';
  const process = `${holder.comm}, pid ${holder.pid}`;
  const owner = kubelet.containerOf(holder.pid);
  if (owner === undefined) return process;
  if (owner.podUid === pod.metadata.uid) return `${owner.container} (${process})`;
  const other = kubelet.podRuntimeView(owner.podUid);
  return other === undefined
    ? process
    : `${other.namespace}/${other.name}/${owner.container} (${process})`;
}

function whyOf(
  asked: BindQuestion,
  { holder, reuseAddr, reusePort, listening }: BindNeighbor,
  outcome: 'bound' | 'refused',
): string {
  if (outcome === 'bound') {
    return asked.reusePort && reusePort
      ? 'both set SO_REUSEPORT: the kernel spreads connections over them'
      : 'both set SO_REUSEADDR, and it does not listen';
  }
  if (asked.reusePort && reusePort && asked.uid !== holder.uid) {
    return `both set SO_REUSEPORT, but it belongs to uid ${holder.uid} and you to ${asked.uid}`;
  }
  if (asked.reusePort && !reusePort)
    return 'it was bound without SO_REUSEPORT, so it shares with nobody';
  if (asked.reuseAddr && reuseAddr && listening) {
    return 'it listens: SO_REUSEADDR does not share a port that somebody listens on';
  }
  if (asked.reuseAddr && !reuseAddr) return 'it was bound without SO_REUSEADDR';
  if (holder.state === 'TIME-WAIT') {
    return 'a connection that was closed waits here; SO_REUSEADDR would let you in';
  }
  return asked.address === holder.address
    ? 'it has the same address and port'
    : 'its address and yours overlap: a wildcard stands for every address';
}

/** Why bind(2) fails when nobody holds the port. */
function reasonOf(asked: BindQuestion, errno: string): string {
  switch (errno) {
    case 'EADDRNOTAVAIL':
      return `${formatIp(asked.address)} is no address of this network namespace`;
    case 'EACCES':
      return `ports below net.ipv4.ip_unprivileged_port_start are for uid 0, and this container runs as uid ${asked.uid}`;
    case 'EADDRINUSE':
      return 'no port of net.ipv4.ip_local_port_range is free';
    case 'EINVAL':
      return 'this address cannot be bound like that: a link-local one needs its link, a multicast one a datagram socket';
    default:
      return 'the address does not suit the socket';
  }
}

function consequences({ address, domain, port, v6only }: BindQuestion): string[] {
  const notes: string[] = [];
  const text = formatIp(address);
  if (text === '127.0.0.1' || text === '::1') {
    notes.push(
      'only containers of this pod reach a loopback address: a Service would get "connection refused"',
    );
  }
  if (text === '0.0.0.0')
    notes.push('every IPv4 address of the pod is taken with it, and no IPv6 one');
  if (text === '::' && domain === 'inet6') {
    notes.push(
      v6only
        ? 'IPV6_V6ONLY: IPv4 packets do not reach it, and 0.0.0.0 stays free'
        : 'without IPV6_V6ONLY it takes IPv4 packets too, and 0.0.0.0 with it',
    );
  }
  if (port === 0) notes.push('the kernel chooses a free port of net.ipv4.ip_local_port_range');
  return notes;
}
