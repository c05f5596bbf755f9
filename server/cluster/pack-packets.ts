import type { JourneyPackets, PackedPicture, PacketPicture } from '../contract/journey.js';

/** Most different pictures of one journey that are packed; steps that need another one are left without. */
const MAX_PICTURES = 2000;

/** The views of a step: the same object stands for the same packet at the same moment. */
interface Views<View> {
  readonly before: View | undefined;
  readonly after: View;
}

/**
 * Puts the packets of all steps of a journey together so that each picture and each header is there once: most steps
 * leave a packet as it was, and those that change it change one header.
 */
export function packPackets<View extends object>(
  hops: readonly (readonly Views<View>[])[],
  pictureOf: (view: View) => PacketPicture,
): JourneyPackets {
  const layers = new Numbered<PacketPicture['layers'][number]>();
  const pictures = new Numbered<PackedPicture>();
  const indexes = new Map<View, number>();
  const indexOf = (view: View): number => {
    const known = indexes.get(view);
    if (known !== undefined) return known;
    const picture = pictureOf(view);
    const index = pictures.of({
      layers: picture.layers.map((layer) => layers.of(layer)),
      octets: picture.octets,
      length: picture.length,
    });
    indexes.set(view, index);
    return index;
  };
  const steps = hops.map((views) => {
    const pairs: (readonly [number, number])[] = [];
    for (const { before, after } of views) {
      if (pictures.items.length >= MAX_PICTURES) break;
      pairs.push([before === undefined ? -1 : indexOf(before), indexOf(after)]);
    }
    return pairs;
  });
  return { layers: layers.items, pictures: pictures.items, steps };
}

/** Gives equal things the same number. */
class Numbered<T> {
  readonly items: T[] = [];
  readonly #numbers = new Map<string, number>();

  of(item: T): number {
    const key = JSON.stringify(item);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.items.length);
    this.items.push(item);
    return this.items.length - 1;
  }
}
