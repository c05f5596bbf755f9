import { type DirectoryNode, directory, type FsNode, file, generated, splitPath } from './node.js';

/**
 * A tree of files that several containers may mount: an emptyDir, or the rendered content of a ConfigMap or Secret.
 *
 * Mounts share it by reference, so what one container writes the others read.
 */
export class Volume {
  readonly root: DirectoryNode = directory();

  /** Puts a file at a path inside the volume, with the directories above it. */
  put(path: string, content: string | Uint8Array, mode = 0o644): void {
    this.place(path, file(content, mode));
  }

  /** Puts a file whose content is made when it is read. */
  putGenerated(path: string, read: () => string): void {
    this.place(path, generated(read));
  }

  private place(path: string, node: FsNode): void {
    const names = splitPath(path);
    const last = names.pop();
    if (last === undefined) return;
    let at = this.root;
    for (const name of names) {
      const next = at.children.get(name);
      if (next?.kind === 'directory') at = next;
      else {
        const made = directory();
        at.children.set(name, made);
        at = made;
      }
    }
    at.children.set(last, node);
  }

  /** Takes a file or directory away; does nothing when it is not there. */
  remove(path: string): void {
    const names = splitPath(path);
    const last = names.pop();
    let at = this.root;
    for (const name of names) {
      const next = at.children.get(name);
      if (next?.kind !== 'directory') return;
      at = next;
    }
    if (last !== undefined) at.children.delete(last);
  }
}
