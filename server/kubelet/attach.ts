import type { Console, OutputStream, TerminalSize } from '../program/index.js';
import type { RuntimeContainer } from './runtime.js';

/** What CRI Attach is asked for a running container. */
export interface AttachRequest {
  /** Whoever attaches types as well. */
  readonly stdin: boolean;
  /** Takes what the container prints from now on. */
  readonly write: (stream: OutputStream, octets: Uint8Array) => void;
  /** The container has ended, or the streams were closed after the end of standard input. */
  readonly ended: () => void;
}

/** The client's side of an attached container. */
export interface Attachment extends Console {
  /** The client leaves. The container goes on. */
  detach(): void;
}

/**
 * CRI Attach as containerd has it (`container_attach.go`, `container_io.go`): output is copied to everybody who is
 * attached, input comes from all of them. The end of a client's input closes the container's when it is `stdinOnce`
 * without a terminal; else it ends the attachment alone.
 *
 * Fidelity: a client that reads too slowly holds nobody back; its transport cuts it off.
 */
export function attachTo(container: RuntimeContainer, request: AttachRequest): Attachment {
  const { console } = container.handle ?? {};
  const { stdin = false, stdinOnce = false, tty = false } = container.config.spec;
  const types = request.stdin && stdin;
  let isOver = false;
  const end = (): void => {
    if (isOver) return;
    isOver = true;
    stop();
    request.ended();
  };
  let stop = (): void => undefined;
  const closeInput = (): void => {
    if (!types || isOver) return;
    if (stdinOnce && !tty) console?.closeInput();
    else end();
  };
  stop = container.log.follow(({ octets, stream }) => request.write(stream, octets), end);
  return {
    writeInput: (octets) => (types && !isOver ? console?.writeInput(octets) : undefined),
    closeInput,
    resize: (size: TerminalSize) => console?.resize(size),
    detach: () => {
      if (isOver) return;
      isOver = true;
      stop();
      if (types && stdinOnce && !tty) console?.closeInput();
    },
  };
}
