/** One kind of step, one kind of question: what is true, and what could be true there. */

import type { ServiceVertex, Vertex } from '../../../server/contract/graph.js';
import { type Frame, isArp } from '../../model/playback.js';
import { PREDICT } from '../words.js';

/** What is known beside the journey. */
export interface World {
  readonly vertices: ReadonlyMap<string, Vertex>;
  /** Lines of `ip route`, by the vertex that has them. */
  readonly routes: ReadonlyMap<string, readonly string[]>;
}

/** A question before its choices are chosen and put in order. */
export interface Draft {
  readonly kind: string;
  /** How often this kind is asked in one journey. */
  readonly times: number;
  readonly prompt: string;
  readonly truth: string;
  /** The most tempting first. */
  readonly others: readonly string[];
  /** What it is about: one thing is not asked twice at a place; the truth when absent. */
  readonly about?: string;
  /** Position of an earlier frame that would already tell. */
  readonly from?: number;
}

const { choices: C, prompts: P } = PREDICT;

/** The question about a step; undefined for steps that nobody has to think about. */
export function draftOf(frame: Frame, frames: readonly Frame[], world: World): Draft | undefined {
  const { hop, step } = frame;
  if (isArp(step) || hop.direction === 'related' || hop.direction === 'none') return undefined;
  switch (step.component) {
    case 'netfilter':
      return onRules(frame, frames, world);
    case 'nat':
      return onNat(frame);
    case 'route':
      return onRoute(frame, world);
    case 'neighbor':
      return onNeighbor(frame);
    case 'bridge':
      return onBridge(frame);
    case 'ip':
      return onForward(frame);
    case 'socket':
      return onSocket(frame, world);
    case 'vxlan':
      return onTunnel(frame, world);
    default:
      return undefined;
  }
}

function onRules(frame: Frame, frames: readonly Frame[], world: World): Draft | undefined {
  const { hop, step } = frame;
  const { place } = hop;
  if (step.action === 'dnat') return onTranslation(frame, frames, world);
  if (step.action === 'masquerade') {
    const [source = ''] = endsOf(step.packet);
    return {
      kind: 'masquerade',
      times: 1,
      prompt: P.masquerade(place, source),
      truth: C.masquerade,
      others: [C.keepsSource(source), C.clusterIpSource, C.gatewaySource],
    };
  }
  const hook = step.facts?.hook ?? '';
  const lost = step.action === 'drop';
  if (!lost && !(step.action === 'accept' && hook === 'FORWARD' && step.facts?.table === 'filter'))
    return undefined;
  const rejected = step.code === 'hook-rejected';
  return {
    kind: lost ? 'lost by a rule' : 'passed by rules',
    times: lost ? 3 : 1,
    prompt: P.rules(place, hook || (step.facts?.chain ?? '')),
    truth: !lost ? C.accept : rejected ? C.reject : C.drop,
    others: [C.accept, C.drop, C.reject, C.translate],
    from: firstOfTable(frame, frames),
  };
}

/** Rules that lead on to the deciding one tell what it will be. */
function firstOfTable(frame: Frame, frames: readonly Frame[]): number {
  let first = frame.index;
  for (let at = frame.index - 1; at >= 0; at -= 1) {
    const before = frames[at];
    if (before?.hop !== frame.hop || before.step.component !== 'netfilter') break;
    if (before.step.facts?.table !== frame.step.facts?.table) break;
    first = at;
  }
  return first;
}

function onTranslation(frame: Frame, frames: readonly Frame[], world: World): Draft | undefined {
  const { hop, step } = frame;
  const target = /DNAT to ([0-9.]+:\d+)/.exec(step.reason)?.[1];
  const [, asked = ''] = endsOf(step.packet);
  if (target === undefined) return undefined;
  const address = asked.replace(/:\d+$/, '');
  const name = (endpoint: string) => nameOf(world, endpoint);
  const services = [...world.vertices.values()].filter(isService);
  const own = services.find(({ endpoints }) => endpoints.includes(target));
  const others = services.filter((service) => service !== own).flatMap((one) => one.endpoints);
  return {
    kind: 'translated',
    times: 2,
    prompt: P.dnat(hop.place, asked),
    truth: C.becomes(target, name(target)),
    others: [
      ...(own?.endpoints ?? [])
        .filter((one) => one !== target)
        .slice(0, 1)
        .map((one) => C.becomes(one, name(one))),
      C.staysDestination(address),
      ...others.slice(0, 1).map((one) => C.becomes(one, name(one))),
      C.nodeDestination,
    ],
    from: firstOfTable(frame, frames),
  };
}

function onNat({ hop, step }: Frame): Draft | undefined {
  const back = /source rewritten back from (\S+) to (\S+)/.exec(step.reason);
  if (back === null) return undefined;
  const [, from = '', to = ''] = back;
  return {
    kind: 'translated back',
    times: 1,
    prompt: P.replyNat(hop.place, from),
    truth: C.sourceBack(to),
    others: [C.keepsSource(from), C.destinationChanges, C.notKnown],
  };
}

function onRoute({ hop, step }: Frame, { routes }: World): Draft | undefined {
  const [, destination = ''] = endsOf(step.packet);
  const address = destination.replace(/:\d+$/, '');
  const lines = routes.get(hop.vertex) ?? [];
  const local = step.action === 'local';
  const matched = / matches route (.*?) in table /.exec(step.reason)?.[1];
  const truth = local
    ? C.local
    : matched !== undefined
      ? C.route(short(matched))
      : step.code === undefined
        ? undefined
        : step.code === 'forwarding-disabled'
          ? C.notForwarded
          : C.noRoute;
  if (truth === undefined || address === '') return undefined;
  // Routes of the same kind of way are the most tempting.
  const others = lines.map(short).filter((line) => line !== short(matched ?? ''));
  return {
    kind: local ? 'arrived' : 'routed',
    times: local ? 1 : 2,
    prompt: P.route(hop.place, address),
    truth,
    others: [
      ...others.slice(0, 2).map(C.route),
      ...(local ? [] : [C.local]),
      C.noRoute,
      C.notForwarded,
    ],
  };
}

/** A route without who put it there. */
function short(line: string): string {
  return line.replace(/ (proto|scope|src|metric) \S+/g, '').trim();
}

function onNeighbor({ hop, step }: Frame): Draft | undefined {
  const asks = step.action === 'queue';
  const lost = step.code === 'neighbor-unresolved';
  if (!asks && !lost && step.action !== 'lookup') return undefined;
  const next = /(?:address of|knows that|who has) (\d+\.\d+\.\d+\.\d+)/.exec(step.reason)?.[1];
  if (next === undefined) return undefined;
  return {
    kind: 'neighbor',
    times: 2,
    about: next,
    prompt: P.neighbor(hop.place, step.device ?? '', next),
    truth: lost ? C.nobodyAnswers : asks ? C.asksArp(next) : C.knowsMac,
    others: [C.asksArp(next), C.knowsMac, C.broadcasts, C.nobodyAnswers],
  };
}

const BRIDGE: Readonly<Record<string, string>> = {
  forward: C.onePort,
  flood: C.everyPort,
  'pass-up': C.forHost,
  'bridge-dnat': C.bridgedOn,
};

function onBridge({ hop, step }: Frame): Draft | undefined {
  const truth = BRIDGE[step.action];
  if (truth === undefined || hop.direction !== 'request') return undefined;
  return {
    kind: `bridge ${step.action}`,
    times: 1,
    prompt: P.bridge(hop.place, /\b(cni0|br0|docker0)\b/.exec(step.reason)?.[0] ?? ''),
    truth,
    others: [C.onePort, C.everyPort, C.forHost, C.bridgeDrops],
  };
}

function onForward({ hop, step }: Frame): Draft | undefined {
  const ttl = step.changes?.find(({ field }) => field === 'TTL');
  const expired = step.code === 'ttl-expired';
  if (!expired && (step.action !== 'forward' || ttl === undefined)) return undefined;
  const before = ttl?.before ?? '1';
  return {
    kind: expired ? 'expired' : 'forwarded',
    times: 1,
    prompt: P.forward(hop.place, before),
    truth: expired ? C.expires : C.fallsTo(String(Number(before) - 1)),
    others: [C.expires, C.fallsTo(String(Number(before) - 1)), C.staysTtl(before), C.restartsTtl],
  };
}

function onSocket({ hop, step }: Frame, { vertices }: World): Draft | undefined {
  if (hop.direction !== 'request') return undefined;
  const delivered = /^delivered to (\S+) .*listening on (\S+)/.exec(step.reason);
  const nobody = step.code === 'no-socket';
  if (delivered === null && !nobody) return undefined;
  const [, destination = ''] = endsOf(step.packet);
  const pod = vertices.get(hop.vertex);
  const containers =
    pod?.kind === 'pod'
      ? pod.containers
          .filter(({ role, name }) => role !== 'pause' && name !== delivered?.[1])
          .map(({ name }) => C.container(name))
      : [];
  const port = destination.split(':').at(-1) ?? '';
  return {
    kind: 'received',
    times: 1,
    prompt: P.socket(hop.place, port),
    truth: delivered === null ? C.nobodyListens : C.program(delivered[1] ?? '', delivered[2] ?? ''),
    others: [C.nobodyListens, C.pauseTakes, ...containers, C.silent],
  };
}

function onTunnel({ hop, step }: Frame, { vertices }: World): Draft | undefined {
  if (!/encap/.test(step.action)) return undefined;
  const addresses = [...step.reason.matchAll(/\d+\.\d+\.\d+\.\d+/g)].map(([text]) => text);
  const node = [...vertices.values()].find(
    (vertex) =>
      vertex.kind === 'node' &&
      vertex.addresses.some((one) => addresses.includes(one.replace(/\/\d+$/, ''))) &&
      !hop.place.includes(vertex.name),
  );
  return {
    kind: 'encapsulated',
    times: 1,
    prompt: P.tunnel(hop.place),
    truth: C.encapsulated(node?.name ?? addresses.at(-1) ?? ''),
    others: [C.plainRoute, C.sourceChanges, C.broadcasts],
  };
}

/** Sender and receiver of the packet's line, as `address:port`. */
function endsOf(packet = ''): readonly [string, string] {
  const match = /\bIP (\d+(?:\.\d+){3})(?:\.(\d+))? > (\d+(?:\.\d+){3})(?:\.(\d+))?:/.exec(packet);
  if (match === null) return ['', ''];
  const [, source = '', sourcePort, destination = '', port] = match;
  return [
    sourcePort === undefined ? source : `${source}:${sourcePort}`,
    port === undefined ? destination : `${destination}:${port}`,
  ];
}

/** The pod that has an endpoint's address. */
function nameOf({ vertices }: World, endpoint: string): string {
  const address = endpoint.replace(/:\d+$/, '');
  for (const vertex of vertices.values())
    if (vertex.kind === 'pod' && vertex.ip === address) return vertex.name;
  return '';
}

function isService(vertex: Vertex): vertex is ServiceVertex {
  return vertex.kind === 'service';
}
