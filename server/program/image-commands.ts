import { hasExecutable, type ImageEntry } from '../registry/index.js';
import type { ImageFacts } from './contract.js';

/** Facts as the registry's own functions take them. */
export function imageEntry(facts: ImageFacts): ImageEntry {
  return {
    repository: '',
    program: facts.programKind,
    entrypoint: facts.entrypoint,
    cmd: facts.cmd,
    env: {},
    exposedPorts: [],
    listens: [],
    uid: 0,
    workingDir: '/',
    stopSignal: 15,
    userland: facts.userland ?? (facts.assumed ? 'any' : 'debian'),
    executables: facts.executables ?? [],
    sizeBytes: 0,
  };
}

/** Whether the image has a command, by name or path. */
export function imageHas(facts: ImageFacts, argv0: string): boolean {
  return hasExecutable(imageEntry(facts), argv0);
}
