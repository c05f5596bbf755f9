import type { KernelOp, Netfilter, NetNamespace } from '../../../topology/index.js';
import type { KernelViewer } from '../contract.js';
import type { ToolIo } from './tool.js';

/** What a tool of netfilter works on: the container's namespace and its rules. */
export interface NetfilterRun {
  readonly io: ToolIo;
  readonly viewer: KernelViewer;
  readonly netns: NetNamespace;
  readonly netfilter: Netfilter;
  /** Where ops are applied: nothing in the host's own namespace. */
  readonly place: { readonly netns?: string };
}

/** The namespace of a tool; undefined, after a complaint, when the container is going. */
export async function netfilterOf(io: ToolIo): Promise<NetfilterRun | undefined> {
  const { viewer } = io.guest.request;
  const netns = viewer?.netns();
  if (viewer === undefined || netns === undefined) {
    await io.fail('Failed to initialize nft: Protocol not supported', 1);
    return undefined;
  }
  const place = netns.name === '' ? {} : { netns: netns.name };
  return { io, viewer, netns, netfilter: netns.netfilter, place };
}

/** Applies changes; the message of the first that was refused. */
export function applyChanges(run: NetfilterRun, ops: readonly KernelOp[]): string | undefined {
  if (ops.length === 0) return undefined;
  const applied = run.viewer.apply(ops);
  return applied.ok ? undefined : applied.error.message;
}

/** `Mon Nov 23 21:08:05 2026`, as ctime(3) writes it, in UTC. */
export function ctime(wallMs: number): string {
  const date = new Date(wallMs);
  const [weekday = '', , month = ''] = date.toUTCString().replace(',', '').split(' ');
  const day = String(date.getUTCDate()).padStart(2);
  const clock = date.toISOString().slice(11, 19);
  return `${weekday} ${month} ${day} ${clock} ${date.getUTCFullYear()}`;
}
