import { encodeUtf8 } from '../../../topology/index.js';

/** Errors of file operations, with what strerror(3) prints. */
export const FS_ERRORS = {
  ENOENT: 'No such file or directory',
  EEXIST: 'File exists',
  ENOTDIR: 'Not a directory',
  EISDIR: 'Is a directory',
  ENOTEMPTY: 'Directory not empty',
  EROFS: 'Read-only file system',
  EACCES: 'Permission denied',
  ELOOP: 'Too many levels of symbolic links',
  EBUSY: 'Device or resource busy',
  EINVAL: 'Invalid argument',
  ENOSPC: 'No space left on device',
} as const;

/** A key of `FS_ERRORS`. */
export type FsError = keyof typeof FS_ERRORS;

/** A regular file. `mode` holds permission bits only; times are nanoseconds of simulated time. */
export interface FileNode {
  readonly kind: 'file';
  octets: Uint8Array;
  mode: number;
  modifiedNs: number;
  /** Memory that begins with `octets` and has room behind them, for this file's own appending. */
  room?: Uint8Array | undefined;
}

/** A directory; children keep the order of creation and are sorted when listed. */
export interface DirectoryNode {
  readonly kind: 'directory';
  readonly children: Map<string, FsNode>;
  mode: number;
  modifiedNs: number;
}

/** A symbolic link. */
export interface SymlinkNode {
  readonly kind: 'symlink';
  readonly target: string;
}

/** A file whose content is made when read, and whose writes go nowhere: /dev/null, /proc. */
export interface GeneratedNode {
  readonly kind: 'generated';
  readonly device: boolean;
  read(): string;
  /** Takes what is written; absent when writes go nowhere. */
  write?(text: string): FsError | undefined;
}

/** Anything that a directory can hold. */
export type FsNode = FileNode | DirectoryNode | SymlinkNode | GeneratedNode;

/** An empty directory. */
export function directory(entries: Iterable<readonly [string, FsNode]> = []): DirectoryNode {
  return { kind: 'directory', children: new Map(entries), mode: 0o755, modifiedNs: 0 };
}

/** A file with this text. */
export function file(content: string | Uint8Array, mode = 0o644): FileNode {
  const octets = typeof content === 'string' ? encodeUtf8(content) : content;
  return { kind: 'file', octets, mode, modifiedNs: 0 };
}

/** A symbolic link. */
export function symlink(target: string): SymlinkNode {
  return { kind: 'symlink', target };
}

/** A file made anew at each read. */
export function generated(
  read: () => string,
  device = false,
  write?: (text: string) => FsError | undefined,
): GeneratedNode {
  return { kind: 'generated', device, read, ...(write === undefined ? {} : { write }) };
}

/** A copy whose directories and file records are its own; octets are shared, as they are never changed in place. */
export function cloneTree(root: DirectoryNode): DirectoryNode {
  const copy = directory();
  copy.mode = root.mode;
  for (const [name, child] of root.children) copy.children.set(name, cloneNode(child));
  return copy;
}

function cloneNode(node: FsNode): FsNode {
  if (node.kind === 'directory') return cloneTree(node);
  return node.kind === 'file' ? { ...node, room: undefined } : node;
}

/** Octets of the files in a tree. */
export function treeBytes(node: FsNode): number {
  if (node.kind === 'file') return node.octets.length;
  if (node.kind !== 'directory') return 0;
  let bytes = 0;
  for (const child of node.children.values()) bytes += treeBytes(child);
  return bytes;
}

/** Adds octets at a file's end in time that grows with what is added; what others hold of it stays as it was. */
export function appendTo(node: FileNode, octets: Uint8Array): void {
  const length = node.octets.length + octets.length;
  let { room } = node;
  if (room === undefined || room.length < length) {
    room = new Uint8Array(Math.max(2 * length, MIN_ROOM_BYTES));
    room.set(node.octets);
  }
  room.set(octets, node.octets.length);
  node.room = room;
  node.octets = room.subarray(0, length);
}

const MIN_ROOM_BYTES = 4096;

/** The names in a path, without empty ones and `.`; `..` is resolved as text. */
export function splitPath(path: string): string[] {
  const names: string[] = [];
  for (const name of path.split('/')) {
    if (name === '' || name === '.') continue;
    if (name === '..') names.pop();
    else names.push(name);
  }
  return names;
}

/** An absolute path from one that may be relative to `workingDir`. */
export function absolutePath(path: string, workingDir: string): string {
  return `/${splitPath(path.startsWith('/') ? path : `${workingDir}/${path}`).join('/')}`;
}
