import type { ImageEntry, ImageListen } from '../image.js';

/** A row of the catalogue: an entry for one or more repositories; what is left out has the usual value. */
export interface CatalogueRow extends Partial<Omit<ImageEntry, 'repository' | 'program'>> {
  readonly program: ImageEntry['program'];
  /** Short or full names of repositories; `nginx` means `docker.io/library/nginx`. */
  readonly names: readonly string[];
}

const MEGABYTE = 1_000_000;
const DEFAULT_SIZE_MB = 60;

/** Entries of a row, one for each of its names. */
export function entriesOf(row: CatalogueRow): readonly ImageEntry[] {
  const { names, ...rest } = row;
  return names.map((name) => ({
    entrypoint: [],
    cmd: [],
    env: {},
    exposedPorts: (row.listens ?? []).map((listen) => `${listen.port}/${listen.proto}`),
    listens: [],
    uid: 0,
    workingDir: '/',
    stopSignal: 15,
    userland: 'debian',
    executables: [],
    sizeBytes: DEFAULT_SIZE_MB * MEGABYTE,
    ...rest,
    repository: canonicalRepository(name),
  }));
}

/** An HTTP port. */
export function http(port: number, portEnv?: string): ImageListen {
  return { proto: 'tcp', port, protocol: 'http', ...(portEnv === undefined ? {} : { portEnv }) };
}

/** A TCP port that says nothing of its own. */
export function tcp(
  port: number,
  protocol: NonNullable<ImageListen['protocol']> = 'silent',
): ImageListen {
  return { proto: 'tcp', port, protocol };
}

/** A UDP port. */
export function udp(
  port: number,
  protocol: NonNullable<ImageListen['protocol']> = 'silent',
): ImageListen {
  return { proto: 'udp', port, protocol };
}

/** Octets of so many megabytes. */
export function megabytes(count: number): number {
  return count * MEGABYTE;
}

function canonicalRepository(name: string): string {
  const slash = name.indexOf('/');
  if (slash === -1) return `docker.io/library/${name}`;
  const first = name.slice(0, slash);
  return first.includes('.') || first === 'localhost' ? name : `docker.io/${name}`;
}
