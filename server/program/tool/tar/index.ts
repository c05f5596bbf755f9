/**
 * tar: packs and unpacks files, for people and for `kubectl cp`, which runs it in the container.
 *
 * Fidelity: c, x and t with the options that people use; archives are written in GNU's format and read in GNU's, ustar's
 * and pax's. Owners are always root, as podnet's files have none; a hard link becomes a file of its own. gzip is the one
 * compression.
 */
import type { Tool } from '../tool.js';
import { create } from './create.js';
import { extract } from './extract.js';
import { parseTar } from './options.js';
import { say } from './session.js';
import { BUSYBOX_WORDS, GNU_WORDS } from './words.js';

const GNU_VERSION = 'tar (GNU tar) 1.34\n';
const BUSYBOX_VERSION = 'tar (busybox) 1.36.1\n';

/** The tar of an image: GNU's, or busybox's applet. */
export const tar: Tool = async (io) => {
  const words = io.busybox ? BUSYBOX_WORDS : GNU_WORDS;
  if (io.args.includes('--version')) {
    await io.out(io.busybox ? BUSYBOX_VERSION : GNU_VERSION);
    return 0;
  }
  const parsed = parseTar(io.args, words);
  if (!parsed.ok) {
    await io.err(`tar: ${parsed.error}\n`);
    if (!io.busybox) await io.err("Try 'tar --help' or 'tar --usage' for more information.\n");
    return words.failed;
  }
  const options = parsed.value;
  const session = { io, options, words, hadErrors: false, toldPrefixes: new Set<string>() };
  if (options.mode === 'create' && options.archive === '-' && io.terminal) {
    await say(session, 'Refusing to write archive contents to terminal (missing -f option?)');
    return words.failed;
  }
  return options.mode === 'create' ? create(session) : extract(session);
};
