/** A shell in a container over the WebSocket of `pods/exec` (KEP-4006, subprotocol v5.channel.k8s.io). */

/** Where a command is run. */
export interface ExecTarget {
  /** Path that the cluster is served below: `/clusters/NAME`, or nothing. */
  readonly base: string;
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly command: readonly string[];
}

/** How a command ended. */
export type ExecEnd =
  | { readonly kind: 'exited'; readonly code: number }
  /** The server says that it could not run, or not go on. */
  | { readonly kind: 'failed'; readonly message: string }
  /** The connection broke. */
  | { readonly kind: 'lost' }
  /** The connection was never made. */
  | { readonly kind: 'refused' };

/** What is heard of a command. */
export interface ExecEvents {
  output(octets: Uint8Array): void;
  /** Called once. */
  end(end: ExecEnd): void;
}

/** A command that runs. */
export interface ExecChannel {
  input(text: string): void;
  resize(columns: number, rows: number): void;
  /** Leaves; nothing is heard after it. */
  close(): void;
}

const PROTOCOL = 'v5.channel.k8s.io';
const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, status: 3, resize: 4 } as const;

/** The path and query of a command with a terminal. */
export function execPath({ base, namespace, pod, container, command }: ExecTarget): string {
  const query = new URLSearchParams([
    ['container', container],
    ['stdin', 'true'],
    ['stdout', 'true'],
    ['tty', 'true'],
    ...command.map((word): [string, string] => ['command', word]),
  ]);
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/exec`;
  return `${base}${path}?${query}`;
}

/** How a command ended, from the Status on channel 3. */
export function endOf(text: string): ExecEnd {
  try {
    const status = JSON.parse(text) as {
      readonly status?: string;
      readonly reason?: string;
      readonly message?: string;
      readonly details?: {
        readonly causes?: readonly { readonly reason?: string; readonly message?: string }[];
      };
    };
    if (status.status === 'Success') return { kind: 'exited', code: 0 };
    const code = status.details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message;
    if (status.reason === 'NonZeroExitCode' && code !== undefined) {
      return { kind: 'exited', code: Number(code) };
    }
    return { kind: 'failed', message: status.message ?? text };
  } catch {
    return { kind: 'failed', message: text };
  }
}

/** Runs a command with a terminal. */
export function openExec(target: ExecTarget, events: ExecEvents): ExecChannel {
  const url = new URL(execPath(target), location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = new WebSocket(url, PROTOCOL);
  socket.binaryType = 'arraybuffer';
  const encoder = new TextEncoder();
  let opened = false;
  let over = false;
  let size: readonly [number, number] | undefined;
  const end = (how: ExecEnd): void => {
    if (over) return;
    over = true;
    socket.close();
    events.end(how);
  };
  const send = (channel: number, text: string): void => {
    if (socket.readyState !== WebSocket.OPEN) return;
    const octets = encoder.encode(text);
    const message = new Uint8Array(octets.length + 1);
    message[0] = channel;
    message.set(octets, 1);
    socket.send(message);
  };
  const tellSize = (): void => {
    if (size !== undefined) {
      send(CHANNEL.resize, JSON.stringify({ Width: size[0], Height: size[1] }));
    }
  };
  socket.onopen = () => {
    opened = true;
    tellSize();
  };
  socket.onmessage = ({ data }) => {
    if (over || !(data instanceof ArrayBuffer)) return;
    const octets = new Uint8Array(data);
    const [channel] = octets;
    const body = octets.subarray(1);
    if (channel === CHANNEL.stdout || channel === CHANNEL.stderr) {
      if (body.length > 0) events.output(body);
    } else if (channel === CHANNEL.status) end(endOf(new TextDecoder().decode(body)));
  };
  socket.onclose = () => end({ kind: opened ? 'lost' : 'refused' });
  return {
    input: (text) => send(CHANNEL.stdin, text),
    resize: (columns, rows) => {
      size = [columns, rows];
      tellSize();
    },
    close: () => {
      over = true;
      socket.close();
    },
  };
}
