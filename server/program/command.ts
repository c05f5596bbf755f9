/** Which program a command line names inside an image. */
import type { ImageFacts } from './contract.js';
import { absolutePath } from './fs/node.js';
import type { Guest } from './guest.js';
import { imageHas } from './image-commands.js';
import { generic } from './server/generic.js';
import { KIND_MAINS, type Main, NAMED_MAINS } from './server/mains.js';
import { findTool } from './tool/registry.js';
import type { Tool } from './tool/tool.js';

/** What to run. `argv` is without wrappers such as tini and docker-entrypoint.sh. */
export type Resolved =
  | { readonly kind: 'shell'; readonly name: string; readonly argv: readonly string[] }
  | {
      readonly kind: 'tool';
      readonly tool: Tool;
      readonly argv: readonly string[];
      /** Called as `busybox NAME`. */
      readonly applet?: boolean;
    }
  | { readonly kind: 'main'; readonly main: Main; readonly argv: readonly string[] }
  | { readonly kind: 'script'; readonly path: string; readonly argv: readonly string[] }
  | { readonly kind: 'assumed'; readonly argv: readonly string[] };

const SHELLS = new Set(['sh', 'bash', 'ash', 'dash', 'zsh', 'ksh']);
const WRAPPERS = new Set([
  'docker-entrypoint.sh',
  'docker-php-entrypoint',
  'entrypoint.sh',
  'docker-entrypoint',
  'tini',
  'dumb-init',
  'catatonit',
  'nohup',
  'gosu',
  'su-exec',
]);

/** Finds the program of a container's first process; undefined when the image does not have it. */
export function resolveMain(guest: Guest, argv: readonly string[]): Resolved | undefined {
  const { image } = guest.request;
  const own = [...image.entrypoint, ...image.cmd];
  const kindMain = KIND_MAINS.get(image.programKind) ?? generic;
  const isDefault =
    own.length > 0 && argv.length === own.length && own.every((word, at) => word === argv[at]);
  const stripped = withoutWrapper(argv);
  if (isDefault || argv.length === 0 || stripped.length === 0) {
    const named = baseName(stripped[0] ?? '');
    // An image whose default is a shell or a tool runs that; the kind says nothing more.
    const plain = SHELLS.has(named) || (!NAMED_MAINS.has(named) && findTool(named) !== undefined);
    const speaks = image.listens.length > 0 || !plain;
    if (speaks) {
      const program = stripped.length === 0 ? [ownName(image)] : stripped;
      return { kind: 'main', main: kindMain, argv: program };
    }
  }
  const replaced = stripped.length < argv.length && (stripped[0] ?? '').startsWith('-');
  if (replaced) return { kind: 'main', main: kindMain, argv: [ownName(image), ...stripped] };
  const first = stripped[0] ?? '';
  const ownProgram = [image.entrypoint[0], image.cmd[0]].find(
    (word) =>
      word !== undefined && baseName(word) === baseName(first) && !WRAPPERS.has(baseName(word)),
  );
  const found = resolveCommand(guest, stripped);
  const named = baseName(first);
  if (
    ownProgram !== undefined &&
    !SHELLS.has(named) &&
    !NAMED_MAINS.has(named) &&
    findTool(named) === undefined
  ) {
    return { kind: 'main', main: kindMain, argv: stripped };
  }
  return found;
}

/** Whether a command goes through an entrypoint script or an init that ends in exec. */
export function isWrapped(argv: readonly string[]): boolean {
  return WRAPPERS.has(baseName(argv[0] ?? ''));
}

/** Finds a command that a shell or exec names; undefined when the image does not have it. */
export function resolveCommand(guest: Guest, argv: readonly string[]): Resolved | undefined {
  const { image, files } = guest.request;
  const [first = ''] = argv;
  const name = baseName(first);
  if (first.includes('/')) {
    const path = absolutePath(first, guest.request.workingDir || '/');
    const text = files.readText(path);
    if (text.ok && text.value.length > 0) return { kind: 'script', path, argv };
  }
  if (!imageHas(image, first)) {
    return image.assumed ? { kind: 'assumed', argv } : undefined;
  }
  if (name === 'busybox' && argv.length > 1) {
    const found = resolveCommand(guest, argv.slice(1));
    return found?.kind === 'tool' ? { ...found, applet: true } : found;
  }
  if (SHELLS.has(name)) return { kind: 'shell', name, argv };
  const main = NAMED_MAINS.get(name);
  if (main !== undefined) return { kind: 'main', main, argv };
  const tool = findTool(name);
  if (tool !== undefined) return { kind: 'tool', tool, argv };
  const kindMain = KIND_MAINS.get(image.programKind);
  const own = [image.entrypoint[0], image.cmd[0]].some(
    (word) => word !== undefined && baseName(word) === name,
  );
  if (own && kindMain !== undefined) return { kind: 'main', main: kindMain, argv };
  return { kind: 'assumed', argv };
}

/** The last part of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The program that an image's entrypoint script starts when the command names none. */
function ownName({ cmd, entrypoint, programKind }: ImageFacts): string {
  return (
    withoutWrapper([...entrypoint, ...cmd]).find((word) => !word.startsWith('-')) ?? programKind
  );
}

function withoutWrapper(argv: readonly string[]): readonly string[] {
  let rest = argv;
  while (WRAPPERS.has(baseName(rest[0] ?? ''))) {
    const wrapper = baseName(rest[0] ?? '');
    rest = rest.slice(1);
    if (wrapper === 'gosu' || wrapper === 'su-exec') rest = rest.slice(1);
    while (
      /^(--|-[gsv]+|--single-child)$/.test(rest[0] ?? '') &&
      !wrapper.endsWith('entrypoint.sh')
    ) {
      rest = rest.slice(1);
    }
  }
  return rest;
}
