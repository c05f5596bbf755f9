/** A scenario that cannot be built or run as it is written: where in its file, and what would be right. */
export class LabError extends Error {
  /** A path such as `topology.routes[3]`. */
  readonly path: string;

  constructor(path: string, message: string) {
    super(`${path}: ${message}`);
    this.name = 'LabError';
    this.path = path;
  }
}
