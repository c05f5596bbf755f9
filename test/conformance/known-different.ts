/** Labs in which podnet is known to differ from Linux, and why. */
export const KNOWN_DIFFERENT: ReadonlyMap<string, string> = new Map();
