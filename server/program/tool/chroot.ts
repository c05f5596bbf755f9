import { FS_ERRORS, VirtualFileSystem } from '../fs/virtual-file-system.js';
import type { Tool } from './tool.js';

/** What a root file system is taken for that is not an image's. */
const BARE_SYSTEM = {
  reference: 'debian',
  programKind: 'base',
  listens: [],
  entrypoint: [],
  cmd: [],
  assumed: false,
  userland: 'debian',
  executables: ['/bin/ip', '/bin/ss', '/bin/ps', '/bin/sysctl', '/bin/top', '/bin/less'],
} as const;

/**
 * chroot(1): runs a command with another root, such as the node's under /host.
 *
 * Fidelity: the new root is a mounted volume, taken for a Debian system; below any other directory there is no shell.
 */
export const chroot: Tool = async (io) => {
  const [directory, ...command] = io.args.filter((arg, at) => at > 0 || !arg.startsWith('--'));
  const status = io.busybox ? 1 : 125;
  if (directory === undefined) return io.fail('missing operand', status);
  const path = io.path(directory);
  const found = io.files.find(path);
  const why = found.ok ? (found.value.kind === 'directory' ? undefined : 'ENOTDIR') : found.error;
  if (why !== undefined) {
    const words = io.busybox
      ? `can't change root directory to '${directory}': ${FS_ERRORS[why]}`
      : `cannot change root directory to '${directory}': ${FS_ERRORS[why]}`;
    return io.fail(words, status);
  }
  const argv = command.length > 0 ? command : ['/bin/sh', '-i'];
  const mount = io.files.listMounts().find((each) => each.path === path && !each.subPath);
  const files = new VirtualFileSystem(() => io.sys.nowNs);
  if (mount !== undefined) files.mount({ ...mount, path: '/' });
  const ended =
    mount === undefined ? undefined : io.runIn(io.guest.withRoot(files, BARE_SYSTEM), argv);
  if (ended !== undefined) return ended;
  const missing = `'${argv[0]}': ${FS_ERRORS.ENOENT}`;
  return io.fail(io.busybox ? `can't execute ${missing}` : `failed to run command ${missing}`, 127);
};
