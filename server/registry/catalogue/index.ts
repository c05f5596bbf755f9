import type { ImageEntry } from '../image.js';
import { APPLICATIONS } from './applications.js';
import { DATA } from './data.js';
import { entriesOf } from './define.js';
import { KUBERNETES } from './kubernetes.js';
import { LANGUAGES } from './languages.js';
import { MONITORING } from './monitoring.js';
import { SAMPLES } from './samples.js';
import { TOOLS } from './tools.js';
import { WEB } from './web.js';

const ROWS = [
  ...WEB,
  ...DATA,
  ...MONITORING,
  ...TOOLS,
  ...LANGUAGES,
  ...SAMPLES,
  ...APPLICATIONS,
  ...KUBERNETES,
];

/** Every image podnet knows, by canonical repository such as `docker.io/library/nginx`. */
export const CATALOGUE: ReadonlyMap<string, ImageEntry> = new Map(
  ROWS.flatMap((row) =>
    entriesOf(row).map((entry): [string, ImageEntry] => [entry.repository, entry]),
  ),
);
