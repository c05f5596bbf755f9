import type { Hop } from '../../contract/journey.js';

/** Hops between two silences, and the later moments at which the same happened once more. */
export interface Burst {
  readonly hops: readonly Hop[];
  readonly repeatedNs: readonly number[];
}

/** A pause as long as this ends a burst: retransmissions and questions asked again come later. */
const SILENCE_NS = 200_000_000;

/**
 * Splits hops at silences, and folds a burst that goes the way of the one before to the same end: a SYN that is
 * dropped is sent seven times, and one of them tells all.
 */
export function foldRepeats(hops: readonly Hop[]): readonly Burst[] {
  const bursts: { hops: Hop[]; repeatedNs: number[]; way: string }[] = [];
  for (const group of splitAtSilences(hops)) {
    const way = wayOf(group);
    const before = bursts.at(-1);
    const [first] = group;
    if (before !== undefined && first !== undefined && before.way === way)
      before.repeatedNs.push(first.atNs);
    else bursts.push({ hops: group, repeatedNs: [], way });
  }
  return bursts;
}

function splitAtSilences(hops: readonly Hop[]): Hop[][] {
  const groups: Hop[][] = [];
  let lastNs = Number.NEGATIVE_INFINITY;
  for (const hop of hops) {
    const group = groups.at(-1);
    if (group === undefined || hop.atNs - lastNs > SILENCE_NS) groups.push([hop]);
    else group.push(hop);
    lastNs = Math.max(lastNs, hop.atNs);
  }
  return groups;
}

/** Places passed and how each visit ended; ARP on the way counts only where there is nothing else. */
function wayOf(hops: readonly Hop[]): string {
  const questions = hops.filter((hop) => !isArp(hop));
  return (questions.length > 0 ? questions : hops)
    .map((hop) => `${hop.direction} ${hop.vertex} ${hop.steps.at(-1)?.code ?? ''}`)
    .join('\n');
}

function isArp(hop: Hop): boolean {
  return hop.steps.every((step) => step.packet?.startsWith('ARP') === true);
}

/** Those whom an ARP request reached without concerning them. */
export interface Bystanders {
  readonly names: readonly string[];
}

/** Replaces the copies of a flooded ARP request, and those who ignore them, by the names of the latter. */
export function foldBystanders(hops: readonly Hop[]): readonly (Hop | Bystanders)[] {
  const told: (Hop | Bystanders)[] = [];
  let names: string[] = [];
  const flush = (): void => {
    if (names.length > 0) told.push({ names });
    names = [];
  };
  for (const hop of hops) {
    if (isArp(hop) && hop.steps.at(-1)?.code === 'arp-ignored') names.push(hop.place);
    else if (!isCopy(hop)) {
      flush();
      told.push(hop);
    }
  }
  flush();
  return told;
}

/** A hop that begins with the sending of a copy and ends there. */
function isCopy(hop: Hop): boolean {
  return (
    isArp(hop) &&
    hop.steps.every(
      (step) => step.component === 'device' && step.reason.includes('sends the frame to everyone'),
    )
  );
}
