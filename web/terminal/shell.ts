import { type ExecChannel, type ExecEnd, openExec } from './exec-channel.js';
import { kubeRequest } from './kube-request.js';
import { endNodeShell, type NodeShellPod, startNodeShell } from './node-shell.js';
import type { TerminalTarget } from './target.js';
import { WORDS } from './words.js';

/** What is tried, in this order: the first that the image has. */
const SHELLS = ['bash', 'sh'] as const;
const RETRY_MS = 2000;
const NO_PROGRAM = /executable file not found|no such file or directory/i;

/** Characters that wait for a shell that is just starting. */
const TYPED_AHEAD = 4096;

/** Where a shell writes. */
export interface Screen {
  write(octets: Uint8Array | string): void;
  readonly columns: number;
  readonly rows: number;
}

/** A shell that is kept alive: it connects, says how it ended, and begins anew when it is asked to. */
export class Shell {
  private readonly base: string;
  private readonly target: TerminalTarget;
  private readonly screen: Screen;
  private channel: ExecChannel | undefined;
  private nodePod: NodeShellPod | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private typed = '';
  private state: 'starting' | 'running' | 'ended' | 'closed' = 'starting';

  constructor(base: string, target: TerminalTarget, screen: Screen) {
    this.base = base;
    this.target = target;
    this.screen = screen;
  }

  /** Starts the shell. */
  start(): void {
    if (this.isClosed) return;
    this.state = 'starting';
    this.typed = '';
    void this.connect();
  }

  /** What is typed; Enter starts another shell when there is none. */
  input(text: string): void {
    if (this.state === 'running') this.channel?.input(text);
    else if (this.state === 'starting') this.typed = (this.typed + text).slice(0, TYPED_AHEAD);
    else if (this.state === 'ended' && text.includes('\r')) {
      this.screen.write('\r\n');
      this.start();
    }
  }

  resize(columns: number, rows: number): void {
    this.channel?.resize(columns, rows);
  }

  /** Leaves; the pod of a node's shell goes with it. */
  readonly close = (): void => {
    if (this.isClosed) return;
    this.state = 'closed';
    clearTimeout(this.retry);
    this.channel?.close();
    this.leaveNode();
  };

  private get isClosed(): boolean {
    return this.state === 'closed';
  }

  private async connect(): Promise<void> {
    const place = await this.place();
    if (this.isClosed) return;
    if (typeof place === 'string') this.pause(place);
    else this.run(place, SHELLS[0]);
  }

  /** The container to run a shell in, or why there is none. */
  private async place(): Promise<NodeShellPod | string> {
    const { base, target } = this;
    if (target.kind === 'container') return target;
    if (this.nodePod !== undefined) return this.nodePod;
    const made = await startNodeShell(base, target.node, {
      tell: (words) => this.tell(words),
      wanted: () => !this.isClosed,
    });
    if (typeof made === 'string') return made;
    this.nodePod = made;
    if (this.isClosed) this.leaveNode();
    return made;
  }

  private run(place: NodeShellPod, shell: (typeof SHELLS)[number]): void {
    const { namespace, pod, container } = place;
    this.channel = openExec(
      { base: this.base, namespace, pod, container, command: [shell] },
      {
        output: (octets) => {
          this.screen.write(octets);
          if (this.state === 'running') return;
          this.state = 'running';
          if (this.typed !== '') this.channel?.input(this.typed);
          this.typed = '';
        },
        end: (end) => this.ended(place, shell, end),
      },
    );
    this.channel.resize(this.screen.columns, this.screen.rows);
  }

  private ended(place: NodeShellPod, shell: (typeof SHELLS)[number], end: ExecEnd): void {
    if (this.isClosed) return;
    this.channel = undefined;
    switch (end.kind) {
      case 'exited':
        this.pause(WORDS.ended(end.code));
        return;
      case 'failed': {
        if (!NO_PROGRAM.test(end.message)) {
          this.pause(WORDS.failed(plain(end.message)));
          return;
        }
        const next = SHELLS[SHELLS.indexOf(shell) + 1];
        if (next === undefined) this.pause(WORDS.noShell);
        else this.run(place, next);
        return;
      }
      case 'lost':
        this.state = 'starting';
        this.tell(WORDS.lost);
        this.again(place, shell);
        return;
      case 'refused':
        void this.refused(place, shell);
    }
  }

  /** A browser does not say why a WebSocket was refused: the pod is asked for. */
  private async refused(place: NodeShellPod, shell: (typeof SHELLS)[number]): Promise<void> {
    const path = `/api/v1/namespaces/${place.namespace}/pods/${place.pod}`;
    const seen = await kubeRequest(this.base, path);
    if (this.isClosed) return;
    if (!seen.ok && seen.code === 0) {
      this.again(place, shell);
      return;
    }
    if (!seen.ok && seen.code === 404 && this.nodePod !== undefined) {
      this.nodePod = undefined;
      this.tell(WORDS.debugGone);
      this.start();
      return;
    }
    this.pause(seen.ok ? WORDS.refused : seen.error);
  }

  private again(place: NodeShellPod, shell: (typeof SHELLS)[number]): void {
    this.retry = setTimeout(() => this.run(place, shell), RETRY_MS);
  }

  private leaveNode(): void {
    if (this.nodePod === undefined) return;
    endNodeShell(this.base, this.nodePod);
    this.nodePod = undefined;
  }

  private pause(words: string): void {
    this.state = 'ended';
    this.tell(words);
    this.tell(WORDS.again);
  }

  /** A line of the page's own, in grey. */
  private tell(words: string): void {
    this.screen.write(`\r\n\x1b[2m— ${words}\x1b[0m\r\n`);
  }
}

/** The part of a runtime's message that says what happened. */
function plain(message: string): string {
  return message.replace(/^Internal error occurred: /, '');
}
