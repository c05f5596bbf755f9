import type { PolicyVertex, ServiceVertex } from '../../server/contract/graph.js';
import type { Box } from './geometry.js';
import type { Chip } from './overlay.js';

/** By vertex id, which place a chip has among its kind, from 0. */
export type ChipSlots = ReadonlyMap<string, number>;

/** Size of a chip at a scale of 1, and the room around it. */
export const CHIP = { width: 196, height: 40, gap: 12 } as const;
/** Between the chips and the nodes below them: lines spread there. */
const FALL = 46;

interface ChipRoom {
  readonly extent: Box;
  readonly slots: ChipSlots;
  readonly scale: number;
}

interface PlacedChips {
  readonly chips: readonly Chip[];
  readonly boxes: ReadonlyMap<string, Box>;
  readonly extent: Box;
  readonly slots: ChipSlots;
}

/**
 * Places chips in rows above the drawing, one kind above the other. A chip keeps its place while it is there; a new one
 * takes the first that is free, so that no other moves.
 */
export function placeChips(
  kinds: readonly (readonly (ServiceVertex | PolicyVertex)[])[],
  { extent, slots, scale }: ChipRoom,
): PlacedChips {
  const [width, height, gap] = [CHIP.width * scale, CHIP.height * scale, CHIP.gap * scale];
  const columns = Math.max(1, Math.floor((extent.width + gap) / (width + gap)));
  const chips: Chip[] = [];
  const boxes = new Map<string, Box>();
  const next = new Map(slots);
  let bottom = extent.y - FALL * scale;
  for (const kind of kinds) {
    const indexes = slotsFor(kind, slots);
    const rows = Math.ceil((Math.max(-1, ...indexes.values()) + 1) / columns);
    for (const vertex of kind) {
      const index = indexes.get(vertex.id) ?? 0;
      next.set(vertex.id, index);
      const box = {
        x: extent.x + (index % columns) * (width + gap),
        y: bottom - (Math.floor(index / columns) + 1) * (height + gap) + gap,
        width,
        height,
      };
      chips.push({ vertex, box });
      boxes.set(vertex.id, box);
    }
    if (rows > 0) bottom -= rows * (height + gap) + gap;
  }
  if (chips.length === 0) return { chips, boxes, extent, slots: next };
  const top = Math.min(...chips.map(({ box }) => box.y));
  const grown = { ...extent, y: top, height: extent.y + extent.height - top };
  return { chips, boxes, extent: grown, slots: next };
}

function slotsFor(
  kind: readonly { readonly id: string }[],
  before: ChipSlots,
): ReadonlyMap<string, number> {
  const taken = new Set<number>();
  for (const { id } of kind) {
    const slot = before.get(id);
    if (slot !== undefined) taken.add(slot);
  }
  const slots = new Map<string, number>();
  let free = 0;
  for (const { id } of kind) {
    const slot = before.get(id);
    if (slot === undefined) while (taken.has(free)) free += 1;
    const index = slot ?? free;
    taken.add(index);
    slots.set(id, index);
  }
  return slots;
}
