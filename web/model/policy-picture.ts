import type { PodVertex, PolicyDirection, Vertex } from '../../server/contract/graph.js';
import type { AllowedPeer, PolicyReach } from '../../server/contract/policy.js';
import { type Box, centreOf, type Point } from './geometry.js';

/** The mark of a pod that policies isolate. */
export interface Shield {
  readonly pod: string;
  readonly at: Point;
  readonly ingress: readonly string[];
  readonly egress: readonly string[];
}

/** From a pod to one that it may send to. */
export interface PolicyArrow {
  readonly id: string;
  readonly direction: PolicyDirection;
  readonly from: Point;
  /** The curve bends towards it. */
  readonly bend: Point;
  readonly to: Point;
  readonly ports: string;
}

/** Who may pass that is not drawn: everyone, a block of addresses, or nobody. */
export interface PolicyTag {
  readonly id: string;
  readonly direction: PolicyDirection;
  readonly at: Point;
  readonly peers: readonly string[];
}

/** What the layer of policies draws. */
export interface PolicyPicture {
  readonly shields: readonly Shield[];
  readonly arrows: readonly PolicyArrow[];
  readonly tags: readonly PolicyTag[];
}

interface PolicySource {
  readonly vertices: ReadonlyMap<string, Vertex>;
  readonly place: (id: string) => Box | undefined;
  readonly selected: string | undefined;
  readonly reach: PolicyReach | undefined;
  /** Shields on the drawing; a map paints its own. */
  readonly scale: number;
}

/** Tags of `nobody` for more pods than this would say the same again and again. */
const MOST_SUBJECTS = 40;

/** Shields on isolated pods, and what the policies of the selected thing let pass. */
export function policyPicture(source: PolicySource, isolated: readonly PodVertex[]): PolicyPicture {
  const { place, reach, selected, scale } = source;
  const shields = (scale === 1 ? isolated : []).flatMap((pod): Shield[] => {
    const box = place(pod.id);
    if (box === undefined) return [];
    return [
      {
        pod: pod.id,
        at: { x: box.x + box.width - 15, y: box.y - 5 },
        ingress: pod.isolatedBy?.ingress ?? [],
        egress: pod.isolatedBy?.egress ?? [],
      },
    ];
  });
  if (reach === undefined || reach.id !== selected) return { shields, arrows: [], tags: [] };
  const subjects = isolated.filter(
    ({ id, namespace, isolatedBy }) =>
      id === selected ||
      [...(isolatedBy?.ingress ?? []), ...(isolatedBy?.egress ?? [])].some(
        (name) => `policy:${namespace}/${name}` === selected,
      ),
  );
  return { shields, arrows: arrowsOf(reach, place), tags: tagsOf(subjects, reach, source) };
}

function arrowsOf({ allowed }: PolicyReach, place: PolicySource['place']): readonly PolicyArrow[] {
  const arrows = new Map<string, PolicyArrow>();
  for (const { direction, pod, peer, ports } of allowed) {
    if (!peer.startsWith('pod:') || peer === pod) continue;
    const [from, to] = direction === 'ingress' ? [peer, pod] : [pod, peer];
    const a = place(from);
    const b = place(to);
    if (a === undefined || b === undefined || a === b) continue;
    const id = `${direction} ${from}>${to}`;
    const before = arrows.get(id);
    const words = ports.length === 0 ? 'all ports' : ports.join(' ');
    const told = before === undefined ? words : unite(before.ports, words);
    arrows.set(id, { id, direction, ...curveBetween(a, b), ports: told });
  }
  return [...arrows.values()];
}

function unite(a: string, b: string): string {
  return [...new Set([...a.split(' · '), b])].join(' · ');
}

/** From the edge of one box to the edge of another, bent aside so that there and back do not cover each other. */
export function curveBetween(
  a: Box,
  b: Box,
): { readonly from: Point; readonly bend: Point; readonly to: Point } {
  const start = centreOf(a);
  const end = centreOf(b);
  if (Math.abs(start.x - end.x) < a.width / 2) {
    // One above the other: round their left sides.
    const side = Math.min(a.x, b.x);
    return {
      from: { x: a.x, y: start.y },
      bend: { x: side - a.width * 0.34, y: (start.y + end.y) / 2 },
      to: { x: b.x, y: end.y },
    };
  }
  const middle = { x: (start.x + end.x) / 2, y: (start.y + end.y) / 2 };
  const bend = {
    x: middle.x - (end.y - start.y) * 0.16,
    y: middle.y + (end.x - start.x) * 0.16 - Math.abs(end.x - start.x) * 0.32,
  };
  return { from: edgeTowards(a, bend), bend, to: edgeTowards(b, bend) };
}

/** Where a line from the middle of a box to a point leaves the box. */
function edgeTowards(box: Box, to: Point): Point {
  const at = centreOf(box);
  const dx = to.x - at.x;
  const dy = to.y - at.y;
  if (dx === 0 && dy === 0) return at;
  const share = Math.min(
    dx === 0 ? Number.POSITIVE_INFINITY : box.width / 2 / Math.abs(dx),
    dy === 0 ? Number.POSITIVE_INFINITY : box.height / 2 / Math.abs(dy),
    1,
  );
  return { x: at.x + dx * share, y: at.y + dy * share };
}

function tagsOf(
  subjects: readonly PodVertex[],
  { allowed }: PolicyReach,
  { place, selected }: PolicySource,
): readonly PolicyTag[] {
  const tags: PolicyTag[] = [];
  const byPod = new Map<string, AllowedPeer[]>();
  for (const peer of allowed) byPod.set(peer.pod, [...(byPod.get(peer.pod) ?? []), peer]);
  for (const pod of subjects.slice(0, MOST_SUBJECTS)) {
    const box = place(pod.id);
    if (box === undefined) continue;
    for (const direction of ['ingress', 'egress'] as const) {
      const names = pod.isolatedBy?.[direction] ?? [];
      const concerned =
        pod.id === selected
          ? names.length > 0
          : names.some((name) => `policy:${pod.namespace}/${name}` === selected);
      if (!concerned) continue;
      const peers = (byPod.get(pod.id) ?? []).filter((peer) => peer.direction === direction);
      const others = peers.filter(({ peer }) => !peer.startsWith('pod:'));
      if (peers.length > 0 && others.length === 0) continue;
      tags.push({
        id: `${direction} ${pod.id}`,
        direction,
        at: {
          x: box.x + box.width * 0.36,
          y: direction === 'ingress' ? box.y : box.y + box.height,
        },
        peers: others.map(({ peer, ports }) =>
          ports.length === 0 ? peer : `${peer} ${ports.join(' ')}`,
        ),
      });
    }
  }
  return tags;
}
