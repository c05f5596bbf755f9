import type { ImageEntry } from '../image.js';
import { DATA } from './data.js';
import { entriesOf } from './define.js';
import { KUBERNETES } from './kubernetes.js';
import { SAMPLES } from './samples.js';
import { TOOLS } from './tools.js';
import { WEB } from './web.js';

/** Every image podnet knows, by canonical repository such as `docker.io/library/nginx`. */
export const CATALOGUE: ReadonlyMap<string, ImageEntry> = new Map(
  [...WEB, ...DATA, ...TOOLS, ...SAMPLES, ...KUBERNETES].flatMap((row) =>
    entriesOf(row).map((entry): [string, ImageEntry] => [entry.repository, entry]),
  ),
);
