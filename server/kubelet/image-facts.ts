import type { ImageFacts } from '../program/index.js';
import type { ResolvedImage } from '../registry/index.js';

const known = new WeakMap<ResolvedImage, ImageFacts>();

/** What programs are told of their image; one record for all containers of an image on a node. */
export function imageFacts(image: ResolvedImage): ImageFacts {
  const earlier = known.get(image);
  if (earlier !== undefined) return earlier;
  const { entry, reference } = image;
  const { cmd, entrypoint, executables, listens, settings, userland } = entry;
  const facts: ImageFacts = {
    reference: reference.text,
    programKind: entry.program,
    listens,
    entrypoint,
    cmd,
    assumed: entry.assumed === true,
    userland,
    executables,
    ...(settings === undefined ? {} : { settings }),
  };
  known.set(image, facts);
  return facts;
}
