import type { PacketPicture, PictureField, PictureLayer } from '../../server/contract/journey.js';

/** A header beside the same header before the step. */
export interface ComparedLayer {
  readonly layer: PictureLayer;
  /** The header is there on this side only: it was put on, or taken off. */
  readonly alone: boolean;
  readonly fields: readonly ComparedField[];
}

/** A field, and what it is on the other side when that differs. */
export interface ComparedField {
  readonly field: PictureField;
  readonly other?: string;
}

/** Says of a field that its difference from another value means nothing. */
export type IsChance = (field: PictureField, other: string) => boolean;

/**
 * The headers of one picture compared with those of another. Headers are matched from the innermost outward, because
 * a tunnel and a device put theirs on at the outside. Differences that are chance are not told.
 */
export function comparedLayers(
  shown: PacketPicture,
  other: PacketPicture | undefined,
  isChance: IsChance = () => false,
): readonly ComparedLayer[] {
  const shift = (other?.layers.length ?? 0) - shown.layers.length;
  return shown.layers.map((layer, index) => {
    const opposite = other?.layers[index + shift];
    const same = opposite?.name === layer.name ? opposite : undefined;
    const values = new Map(same?.fields.map(({ name, value }) => [name, value]));
    return {
      layer,
      alone: other !== undefined && same === undefined,
      fields: layer.fields.map((field) => {
        const value = values.get(field.name);
        const marked = value !== undefined && value !== field.value && !isChance(field, value);
        return marked ? { field, other: value } : { field };
      }),
    };
  });
}

/** Which octets of a picture belong to a field that differs, or to a header that is there on this side only. */
export function changedOctets(layers: readonly ComparedLayer[]): ReadonlySet<number> {
  const changed = new Set<number>();
  const add = (offset: number, length: number) => {
    for (let at = offset; at < offset + Math.min(length, 4096); at++) changed.add(at);
  };
  for (const { layer, alone, fields } of layers) {
    if (alone) add(layer.offset, layer.length);
    for (const { field, other } of fields) {
      if (other !== undefined && field.offset !== undefined) add(field.offset, field.length ?? 1);
    }
  }
  return changed;
}

/** The place of a field, to light it and its octets together. */
export interface FieldPlace {
  readonly layer: number;
  readonly field: number;
}

/** The narrowest field that holds an octet. */
export function fieldAt(picture: PacketPicture, octet: number): FieldPlace | undefined {
  let found: (FieldPlace & { readonly length: number }) | undefined;
  picture.layers.forEach((layer, layerIndex) => {
    layer.fields.forEach(({ offset, length = 1 }, fieldIndex) => {
      if (offset === undefined || octet < offset || octet >= offset + length) return;
      if (found === undefined || length < found.length)
        found = { layer: layerIndex, field: fieldIndex, length };
    });
  });
  return found === undefined ? undefined : { layer: found.layer, field: found.field };
}

/** Rows of sixteen octets: offset, the octets in hex, and what of them is ASCII. */
export function hexRows(
  octets: string,
): readonly { readonly offset: number; readonly octets: readonly string[] }[] {
  const all = octets.match(/../g) ?? [];
  return Array.from({ length: Math.ceil(all.length / 16) }, (_, row) => ({
    offset: row * 16,
    octets: all.slice(row * 16, row * 16 + 16),
  }));
}
