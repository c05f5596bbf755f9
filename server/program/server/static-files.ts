import { absolutePath } from '../fs/node.js';
import type { VirtualFileSystem } from '../fs/virtual-file-system.js';

/** Media types by file name ending, as web servers' mime.types have them. */
const MEDIA_TYPES: ReadonlyMap<string, string> = new Map([
  ['html', 'text/html'],
  ['htm', 'text/html'],
  ['css', 'text/css'],
  ['xml', 'text/xml'],
  ['gif', 'image/gif'],
  ['jpg', 'image/jpeg'],
  ['png', 'image/png'],
  ['svg', 'image/svg+xml'],
  ['ico', 'image/x-icon'],
  ['js', 'application/javascript'],
  ['txt', 'text/plain'],
  ['json', 'application/json'],
  ['pdf', 'application/pdf'],
  ['zip', 'application/zip'],
]);

/** The media type of a path, `application/octet-stream` when the ending is unknown. */
export function mediaType(path: string, otherwise = 'application/octet-stream'): string {
  return MEDIA_TYPES.get(path.slice(path.lastIndexOf('.') + 1).toLowerCase()) ?? otherwise;
}

/** A path as a URL's path names it, below a root; percent-encoding undone. */
export function pathBelow(root: string, urlPath: string): string {
  return absolutePath(`${root}/${absolutePath(percentDecode(urlPath), '/')}`, '/');
}

/** Undoes percent-encoding; malformed escapes stay. */
export function percentDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** What a path is, for a server that treats directories apart. */
export function kindOfPath(files: VirtualFileSystem, path: string): 'file' | 'directory' | 'none' {
  const found = files.find(path);
  if (!found.ok) return 'none';
  return found.value.kind === 'directory' ? 'directory' : 'file';
}
