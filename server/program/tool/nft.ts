/** nft of nftables 1.0.6. */
import {
  decodeUtf8,
  formatNftErrors,
  kernelError,
  listNft,
  missingError,
  type NetNamespace,
  type NftCommand,
  type NftError,
  type NftPrintOptions,
  nftOps,
  parseNft,
} from '../../../topology/index.js';
import { hasCapability } from './capability.js';
import type { Tool, ToolIo } from './tool.js';

const VERSION = 'nftables v1.0.6 (Lester Gooch #5)\n';
const NOT_ROOT = 'Operation not permitted (you must be root)\n';
const STDIN = '/dev/stdin';

/** What the words of the command line ask for. */
interface NftRequest {
  readonly file: string | undefined;
  readonly check: boolean;
  readonly print: NftPrintOptions;
  readonly words: readonly string[];
}

/**
 * Shows and changes the rules of nftables.
 *
 * Fidelity: no JSON (`-j`), no interactive mode, no `monitor`, `describe` or `reset`.
 */
export const nft: Tool = async (io) => {
  if (io.args.some((word) => word === '-v' || word === '--version')) {
    await io.out(VERSION);
    return 0;
  }
  const request = readOptions(io.args);
  if (typeof request === 'string') return io.fail(request);
  const netns = io.guest.request.viewer?.netns();
  if (netns === undefined) return io.fail('the network namespace is gone');
  const text = await textOf(io, request);
  if (text === undefined) return 1;
  return carryOut(io, netns, { ...request, text });
};

/** The request, or what is wrong with the options. */
function readOptions(args: readonly string[]): NftRequest | string {
  let file: string | undefined;
  let check = false;
  let print: NftPrintOptions = {};
  const words: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const word = args[at] ?? '';
    if (words.length > 0 || !word.startsWith('-')) words.push(word);
    else if (word === '-f' || word === '--file') {
      file = args[++at];
      if (file === undefined) return "option requires an argument -- 'f'";
    } else if (word === '-c' || word === '--check') check = true;
    else if (word === '-a' || word === '--handle') print = { ...print, handles: true };
    else if (word === '-s' || word === '--stateless') print = { ...print, stateless: true };
    else if (word === '-t' || word === '--terse') print = { ...print, terse: true };
    else if (!/^-[nyNSpu]+$/.test(word)) return `${word} is not modelled by podnet`;
  }
  return { file, check, print, words };
}

async function textOf(io: ToolIo, { file, words }: NftRequest): Promise<string | undefined> {
  if (file === undefined) {
    if (words.length > 0) return `${words.join(' ')}\n`;
    await io.fail('no command specified');
    return undefined;
  }
  const read = await io.read(file === STDIN ? '-' : file);
  if (read.ok) return decodeUtf8(read.value);
  const why = 'No such file or directory';
  await io.err(`internal:0:0-0: Error: Could not open file "${file}": ${why}\n\n\n`);
  return undefined;
}

async function carryOut(
  io: ToolIo,
  netns: NetNamespace,
  request: NftRequest & { readonly text: string },
): Promise<number> {
  const { text, file, check, print } = request;
  const name = file === undefined ? undefined : file === '-' ? STDIN : file;
  const refuse = async (errors: readonly NftError[]): Promise<number> => {
    await io.err(formatNftErrors(errors, text, name));
    return 1;
  };
  const parsed = parseNft(text, {
    findSet: (ref, set) =>
      netns.netfilter
        .listNft()
        .find(({ family, name: table }) => family === ref.family && table === ref.table)
        ?.sets.find(({ spec }) => spec.name === set)?.spec,
  });
  if (!parsed.ok) return refuse(parsed.error);
  const [first] = parsed.value;
  if (first === undefined) return 0;
  if (!hasCapability(io, 'NET_ADMIN')) {
    if (!parsed.value.some(needsCache)) return refuse([kernelError('EPERM', undefined, first.at)]);
    await io.err(
      `${NOT_ROOT}netlink: Error: cache initialization failed: Operation not permitted\n`,
    );
    return 1;
  }
  if (check) return 0;
  const refusal = applyChanges(io, netns, parsed.value);
  if (refusal !== undefined) return refuse([refusal]);
  for (const command of parsed.value) {
    if (command.kind !== 'list') continue;
    const shown = listNft(netns.netfilter.listNft(), command.listing, print);
    if (!shown.ok) return refuse([missingError(shown.error, command.at)]);
    await io.out(shown.value);
  }
  return 0;
}

/** Commands for which nft first reads the kernel's rules. */
function needsCache(command: NftCommand): boolean {
  if (command.kind === 'list') return true;
  return command.thing.what !== 'table' && command.thing.what !== 'ruleset';
}

function applyChanges(
  io: ToolIo,
  netns: NetNamespace,
  commands: readonly NftCommand[],
): NftError | undefined {
  const changes = commands.filter((command) => command.kind === 'change');
  const ops = nftOps(changes, netns.name === '' ? undefined : netns.name);
  if (ops.length === 0) return undefined;
  const applied = io.guest.request.viewer?.apply(ops);
  if (applied === undefined || applied.ok) return undefined;
  const { index, nft: refusal } = applied.error;
  const command = changes[index];
  if (command === undefined || refusal === undefined) {
    return { message: applied.error.message, at: { line: 1, from: 1, to: 1 } };
  }
  return kernelError(refusal.errno, refusal, command.at);
}
