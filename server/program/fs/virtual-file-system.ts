import { decodeUtf8, encodeUtf8, fail, ok, type Result } from '../../../topology/index.js';
import {
  absolutePath,
  appendTo,
  cloneTree,
  type DirectoryNode,
  directory,
  type FsError,
  type FsNode,
  splitPath,
  symlink,
  treeBytes,
} from './node.js';
import type { Volume } from './volume.js';

export { FS_ERRORS, type FsError, type FsNode } from './node.js';
export { Volume } from './volume.js';

const MAX_SYMLINKS = 40;
/** Octets that a container may write into its files; more is ENOSPC. */
const MAX_WRITTEN_BYTES = 1024 * 1024 * 1024;

/** One mount of a container. */
export interface Mount {
  readonly path: string;
  readonly volume: Volume;
  readonly readOnly: boolean;
  /** Mounts one file or directory of the volume instead of its root (`subPath`). */
  readonly subPath?: string;
}

interface Found {
  readonly node: FsNode;
  readonly readOnly: boolean;
  /** True for a directory that exists only because something is mounted below it. */
  readonly implied?: boolean;
}

/**
 * What one container sees as its files: its image, what it wrote itself, and its mounts.
 *
 * All paths are absolute. The image's files are shared among containers and copied when the container first writes.
 *
 * Fidelity: permissions are kept but not enforced; there are no hard links, owners or sizes of blocks. Files over a file
 * that does not exist in the mount's place are shown as Linux would after the runtime made the mount point.
 */
export class VirtualFileSystem {
  private base: DirectoryNode | undefined;
  private own: DirectoryNode | undefined;
  private mounts: readonly Mount[] = [];
  private kernel: DirectoryNode | undefined;
  private writtenBytes = 0;
  private readonly nowNs: () => number;

  /** `nowNs` gives the times of files; 0 when absent. */
  constructor(nowNs: () => number = () => 0) {
    this.nowNs = nowNs;
  }

  /** Shows a volume, or a part of it, at a path. */
  mount(mount: Mount): void {
    const path = absolutePath(mount.path, '/');
    const others = this.mounts.filter((other) => other.path !== path);
    // The longest path first: it is the mount that a name below it belongs to.
    this.mounts = [...others, { ...mount, path }].sort((a, b) => b.path.length - a.path.length);
  }

  /** Mounts in order of path, for `mount` and `df`. */
  listMounts(): readonly Mount[] {
    return [...this.mounts].sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  /** Lays the container's own files over an image's; the tree is shared and must not be changed. */
  layOver(tree: DirectoryNode): void {
    if (this.own !== undefined) {
      const mine = this.own;
      this.own = cloneTree(tree);
      mergeInto(this.own, mine);
    }
    this.base = tree;
  }

  /** Shows what the kernel makes: /proc and /sys. Folders on the way stay those of the image. */
  showKernel(tree: DirectoryNode): void {
    this.kernel = tree;
  }

  /** What a path leads to, symbolic links followed. */
  find(path: string): Result<FsNode, FsError> {
    const found = this.walk(path, true);
    return found.ok ? ok(found.value.node) : found;
  }

  /** What a path names, a final symbolic link not followed. */
  findLink(path: string): Result<FsNode, FsError> {
    const found = this.walk(path, false);
    return found.ok ? ok(found.value.node) : found;
  }

  exists(path: string): boolean {
    return this.walk(path, true).ok;
  }

  readFile(path: string): Result<Uint8Array, FsError> {
    const found = this.walk(path, true);
    if (!found.ok) return found;
    const { node } = found.value;
    if (node.kind === 'directory') return fail('EISDIR');
    if (node.kind === 'file') return ok(node.octets);
    return node.kind === 'generated' ? ok(encodeUtf8(node.read())) : fail('ENOENT');
  }

  readText(path: string): Result<string, FsError> {
    const read = this.readFile(path);
    return read.ok ? ok(decodeUtf8(read.value)) : read;
  }

  /** Names in a directory, sorted as octets. */
  list(path: string): Result<readonly string[], FsError> {
    const found = this.walk(path, true);
    if (!found.ok) return found;
    if (found.value.node.kind !== 'directory') return fail('ENOTDIR');
    const names = new Set(found.value.node.children.keys());
    const prefix = absolutePath(path, '/') === '/' ? '/' : `${absolutePath(path, '/')}/`;
    for (const mount of this.mounts) {
      if (!mount.path.startsWith(prefix)) continue;
      const name = mount.path.slice(prefix.length).split('/')[0];
      if (name !== undefined && name !== '') names.add(name);
    }
    return ok([...names].sort((a, b) => (a < b ? -1 : 1)));
  }

  /** Writes a whole file, or adds at its end; makes it when it is missing, not the directory above it. */
  writeFile(
    path: string,
    content: string | Uint8Array,
    options: { readonly append?: boolean; readonly mode?: number } = {},
  ): FsError | undefined {
    const octets = typeof content === 'string' ? encodeUtf8(content) : content;
    const existing = this.walk(path, true);
    if (existing.ok && existing.value.node.kind === 'generated')
      return existing.value.node.write?.(decodeUtf8(octets));
    if (existing.ok && existing.value.node.kind === 'directory') return 'EISDIR';
    const target = existing.ok ? this.followed(path) : path;
    const parent = this.parentForWriting(target);
    if (!parent.ok) return parent.error;
    const { directory: above, name } = parent.value;
    const old = above.children.get(name);
    const file = old?.kind === 'file' ? old : undefined;
    const appends = options.append === true && file !== undefined;
    const growth = octets.length - (appends ? 0 : (file?.octets.length ?? 0));
    if (this.writtenBytes + growth > MAX_WRITTEN_BYTES) return 'ENOSPC';
    this.writtenBytes += growth;
    const mode = options.mode ?? file?.mode ?? 0o644;
    const modifiedNs = this.nowNs();
    // A writer must not change octets that a reader or another container's image still holds: the record is replaced in
    // place so that a mount of this very file sees the new content.
    if (file === undefined) above.children.set(name, { kind: 'file', octets, mode, modifiedNs });
    else {
      if (appends) appendTo(file, octets);
      else Object.assign(file, { octets, room: undefined });
      Object.assign(file, { mode, modifiedNs });
    }
    return undefined;
  }

  /** Makes a directory; with `parents`, those above it too, and an existing one is no error. */
  makeDirectory(
    path: string,
    options: { readonly parents?: boolean; readonly mode?: number } = {},
  ): FsError | undefined {
    const names = splitPath(path);
    if (options.parents === true) {
      for (let count = 1; count <= names.length; count++) {
        const part = `/${names.slice(0, count).join('/')}`;
        const found = this.find(part);
        if (found.ok && found.value.kind !== 'directory') return 'ENOTDIR';
        if (found.ok) continue;
        const failure = this.addNode(part, directory());
        if (failure !== undefined) return failure;
      }
      return undefined;
    }
    if (this.findLink(path).ok) return 'EEXIST';
    const made = directory();
    made.mode = options.mode ?? 0o755;
    return this.addNode(path, made);
  }

  /** Makes a symbolic link. */
  link(target: string, path: string): FsError | undefined {
    return this.findLink(path).ok ? 'EEXIST' : this.addNode(path, symlink(target));
  }

  /** Removes a file or link, or an empty directory when `recursive` is not asked. */
  remove(path: string, options: { readonly recursive?: boolean } = {}): FsError | undefined {
    const found = this.findLink(path);
    if (!found.ok) return found.error;
    if (this.mounts.some((mount) => mount.path === absolutePath(path, '/'))) return 'EBUSY';
    if (
      found.value.kind === 'directory' &&
      options.recursive !== true &&
      found.value.children.size > 0
    ) {
      return 'ENOTEMPTY';
    }
    const parent = this.parentForWriting(path);
    if (!parent.ok) return parent.error;
    parent.value.directory.children.delete(parent.value.name);
    this.writtenBytes = Math.max(0, this.writtenBytes - treeBytes(found.value));
    return undefined;
  }

  /** Moves a file or directory onto a path, over a file that is there. */
  rename(from: string, to: string): FsError | undefined {
    const found = this.findLink(from);
    if (!found.ok) return found.error;
    const target = this.parentForWriting(to);
    if (!target.ok) return target.error;
    const failure = this.remove(from, { recursive: true });
    if (failure !== undefined) return failure;
    this.writtenBytes += treeBytes(found.value);
    target.value.directory.children.set(target.value.name, found.value);
    return undefined;
  }

  /** chmod(2). */
  setMode(path: string, mode: number): FsError | undefined {
    const found = this.find(path);
    if (!found.ok) return found.error;
    const parent = this.parentForWriting(this.followed(path));
    if (!parent.ok) return parent.error;
    const node = parent.value.directory.children.get(parent.value.name);
    if (node?.kind === 'file' || node?.kind === 'directory') node.mode = mode;
    return undefined;
  }

  /** utimensat(2): sets when a file or directory was changed, in nanoseconds of simulated time. */
  setModified(path: string, modifiedNs: number): FsError | undefined {
    const found = this.find(path);
    if (!found.ok) return found.error;
    const parent = this.parentForWriting(this.followed(path));
    if (!parent.ok) return parent.error;
    const node = parent.value.directory.children.get(parent.value.name);
    if (node?.kind === 'file' || node?.kind === 'directory') node.modifiedNs = modifiedNs;
    return undefined;
  }

  private addNode(path: string, node: FsNode): FsError | undefined {
    const parent = this.parentForWriting(path);
    if (!parent.ok) return parent.error;
    if (node.kind === 'file' || node.kind === 'directory') node.modifiedNs = this.nowNs();
    parent.value.directory.children.set(parent.value.name, node);
    return undefined;
  }

  /** The directory that holds a name, copied from the image if need be; EROFS on a read-only mount. */
  private parentForWriting(
    path: string,
  ): Result<{ readonly directory: DirectoryNode; readonly name: string }, FsError> {
    const names = splitPath(path);
    const name = names.pop();
    if (name === undefined) return fail('EEXIST');
    this.own ??= this.base === undefined ? directory() : cloneTree(this.base);
    const exact = this.mountAt(`/${[...names, name].join('/')}`);
    if (exact !== undefined && exact.rest.length === 0) {
      return this.mountedParent(exact.mount, name);
    }
    let above = this.walk(`/${names.join('/')}`, true);
    if (above.ok && above.value.implied === true) {
      ensureDirectories(this.own, names);
      above = this.walk(`/${names.join('/')}`, true);
    }
    if (!above.ok) return above;
    if (above.value.node.kind !== 'directory') return fail('ENOTDIR');
    if (above.value.readOnly) return fail('EROFS');
    return ok({ directory: above.value.node, name });
  }

  private mountedParent(
    mount: Mount,
    name: string,
  ): Result<{ readonly directory: DirectoryNode; readonly name: string }, FsError> {
    if (mount.readOnly) return fail('EROFS');
    const root = rootOf(mount);
    if (root === undefined) return fail('ENOENT');
    // A mounted file: its record is reached through a directory that holds nothing else.
    return ok({ directory: directory([[name, root]]), name });
  }

  private followed(path: string): string {
    let at = path;
    for (let count = 0; count < MAX_SYMLINKS; count++) {
      const found = this.findLink(at);
      if (!found.ok || found.value.kind !== 'symlink') return at;
      at = absolutePath(found.value.target, `${at}/..`);
    }
    return at;
  }

  private mountAt(path: string): { mount: Mount; rest: string[] } | undefined {
    for (const mount of this.mounts) {
      if (path === mount.path) return { mount, rest: [] };
      const prefix = mount.path === '/' ? '/' : `${mount.path}/`;
      if (path.startsWith(prefix)) return { mount, rest: splitPath(path.slice(prefix.length)) };
    }
    return undefined;
  }

  private walk(path: string, follow: boolean, depth = 0): Result<Found, FsError> {
    if (depth > MAX_SYMLINKS) return fail('ELOOP');
    const names = splitPath(path);
    const whole = `/${names.join('/')}`;
    const at = this.mountAt(whole);
    if (at === undefined && this.kernel !== undefined) {
      const made = inTree(this.kernel, names);
      if (made !== undefined) return ok({ node: made, readOnly: false });
    }
    const root: FsNode | undefined =
      at === undefined ? (this.own ?? this.base ?? directory()) : rootOf(at.mount);
    if (root === undefined) return fail('ENOENT');
    const readOnly = at?.mount.readOnly === true;
    const rest = at?.rest ?? names;
    const prefix = at === undefined ? [] : splitPath(at.mount.path);
    let node: FsNode = root;
    for (let index = 0; index < rest.length; index++) {
      if (node.kind !== 'directory') return fail('ENOTDIR');
      const child: FsNode | undefined = node.children.get(rest[index] ?? '');
      if (child === undefined) return this.mountPointBelow(whole);
      const last = index === rest.length - 1;
      if (child.kind === 'symlink' && (!last || follow)) {
        const here = `/${[...prefix, ...rest.slice(0, index)].join('/')}`;
        const target = absolutePath(child.target, here);
        return this.walk([target, ...rest.slice(index + 1)].join('/'), follow, depth + 1);
      }
      node = child;
    }
    return ok({ node, readOnly });
  }

  /** A directory that exists only because something is mounted below it. */
  private mountPointBelow(path: string): Result<Found, FsError> {
    const below = this.mounts.some((mount) => mount.path.startsWith(`${path}/`));
    return below ? ok({ node: directory(), readOnly: false, implied: true }) : fail('ENOENT');
  }
}

/** A node two or more names below the root of the kernel's tree. */
function inTree(tree: DirectoryNode, names: readonly string[]): FsNode | undefined {
  if (names.length < 2) return undefined;
  let node: FsNode | undefined = tree;
  for (const name of names) {
    node = node?.kind === 'directory' ? node.children.get(name) : undefined;
    if (node === undefined) return undefined;
  }
  return node;
}

function rootOf(mount: Mount): FsNode | undefined {
  let node: FsNode | undefined = mount.volume.root;
  for (const name of splitPath(mount.subPath ?? '')) {
    node = node?.kind === 'directory' ? node.children.get(name) : undefined;
  }
  return node;
}

function ensureDirectories(root: DirectoryNode, names: readonly string[]): void {
  let at = root;
  for (const name of names) {
    const next = at.children.get(name) ?? directory();
    if (next.kind !== 'directory') return;
    at.children.set(name, next);
    at = next;
  }
}

function mergeInto(target: DirectoryNode, source: DirectoryNode): void {
  for (const [name, child] of source.children) {
    const there = target.children.get(name);
    if (child.kind === 'directory' && there?.kind === 'directory') mergeInto(there, child);
    else target.children.set(name, child);
  }
}
