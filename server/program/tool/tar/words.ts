/** What tar says, as GNU tar 1.34 and busybox 1.36 word it, with the exit status that goes with it. */

/** Words of one tar. */
export interface TarWords {
  /** Status after errors that did not stop it. */
  readonly failed: number;
  /** Last line after such errors; none when it ends at once. */
  readonly delayed: string | undefined;
  /** Follows an error that stops it. */
  readonly fatal: string | undefined;
  removing(prefix: string): string;
  cannotStat(name: string, why: string): string;
  cannotOpen(name: string, why: string): string;
  cannotChangeTo(directory: string, why: string): string;
  cannotOpenArchive(name: string, why: string): string;
  readonly emptyArchive: string;
  readonly notAnArchive: string;
  readonly unexpectedEnd: string;
  readonly notGzip: readonly string[];
  readonly noMode: string;
  readonly modeTwice: string;
  invalidOption(option: string): string;
  needsArgument(option: string): string;
  notFound(member: string): string;
  unsafe(member: string): string;
}

/** Words of GNU tar. */
export const GNU_WORDS: TarWords = {
  failed: 2,
  delayed: 'Exiting with failure status due to previous errors',
  fatal: 'Error is not recoverable: exiting now',
  removing: (prefix) => `Removing leading \`${prefix}' from member names`,
  cannotStat: (name, why) => `${name}: Cannot stat: ${why}`,
  cannotOpen: (name, why) => `${name}: Cannot open: ${why}`,
  cannotChangeTo: (directory, why) => `${directory}: Cannot open: ${why}`,
  cannotOpenArchive: (name, why) => `${name}: Cannot open: ${why}`,
  emptyArchive: 'Cowardly refusing to create an empty archive',
  notAnArchive: 'This does not look like a tar archive',
  unexpectedEnd: 'Unexpected EOF in archive',
  notGzip: ['gzip: stdin: not in gzip format', 'tar: Child returned status 1'],
  noMode: "You must specify one of the '-Acdtrux', '--delete' or '--test-label' options",
  modeTwice: "You may not specify more than one '-Acdtrux', '--delete' or  '--test-label' option",
  invalidOption: (option) =>
    option.startsWith('--')
      ? `unrecognized option '${option}'`
      : `invalid option -- '${option.slice(1)}'`,
  needsArgument: (option) => `option requires an argument -- '${option}'`,
  notFound: (member) => `${member}: Not found in archive`,
  unsafe: (member) => `${member}: Member name contains '..'`,
};

/** Words of busybox's applet. */
export const BUSYBOX_WORDS: TarWords = {
  failed: 1,
  delayed: 'error exit delayed from previous errors',
  fatal: undefined,
  removing: (prefix) => `removing leading '${prefix}' from member names`,
  cannotStat: (name, why) => `${name}: ${why}`,
  cannotOpen: (name, why) => `can't open '${name}': ${why}`,
  cannotChangeTo: (directory, why) => `can't change directory to '${directory}': ${why}`,
  cannotOpenArchive: (name, why) => `can't open '${name}': ${why}`,
  emptyArchive: 'empty archive',
  notAnArchive: 'invalid tar magic',
  unexpectedEnd: 'short read',
  notGzip: ['tar: invalid magic', 'tar: short read'],
  noMode: 'must specify one of c, x, t',
  modeTwice: 'must specify one of c, x, t',
  invalidOption: (option) =>
    option.startsWith('--')
      ? `unrecognized option '${option}'`
      : `invalid option -- '${option.slice(1)}'`,
  needsArgument: (option) => `option requires an argument -- '${option}'`,
  notFound: (member) => `${member}: not found in archive`,
  unsafe: (member) => `name with '..': ${member}`,
};
