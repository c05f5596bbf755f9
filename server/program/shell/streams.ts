import { encodeUtf8 } from '../../../topology/index.js';
import type { VirtualFileSystem } from '../fs/virtual-file-system.js';
import { OctetQueue } from '../io/octets.js';
import type { Terminal } from './terminal.js';

/** Room in a pipe, pipe(7). */
const PIPE_BYTES = 65_536;

/** Where a command reads. */
export interface Input {
  /** The terminal that it is, when isatty(3) says so. */
  readonly terminal?: Terminal | undefined;
  /** Some octets; undefined at the end. */
  read(): Promise<Uint8Array | undefined>;
  /** Gives back what was read too much, so that the next command sees it. */
  unread(octets: Uint8Array): void;
  /** Nobody will read any more. */
  close(): void;
  /** Another holder of the same end. */
  share(): Input;
}

/** Where a command writes. */
export interface Output {
  /** Whether isatty(3) says so; default false. */
  readonly terminal?: boolean;
  /** False when nobody reads any more (EPIPE); a promise when the reader has to catch up first. */
  write(octets: Uint8Array): boolean | Promise<boolean>;
  /** Lets one read return the end, as Ctrl-D does; later ones go on. */
  endOfFile?(): void;
  close(): void;
  share(): Output;
}

/** Thrown in a command whose output nobody reads; the shell turns it into death by SIGPIPE. */
export class BrokenPipe extends Error {}

/** A pipe between two commands of one shell. Each end is open until all its holders closed it. */
export class Pipe {
  private readonly buffer = new OctetQueue();
  /** Octets before each end of file that a terminal put in. */
  private ends: number[] = [];
  private readers = 0;
  private writers = 0;
  private waitingReaders: (() => void)[] = [];
  private waitingWriters: (() => void)[] = [];

  /** A holder of the reading end; `terminal` is what it is the keyboard of. */
  readEnd(terminal?: Terminal): Input {
    this.readers++;
    const holder = { open: true };
    return {
      terminal,
      read: () => this.read(holder),
      unread: (octets) => this.unread(octets),
      close: () => {
        if (!holder.open) return;
        holder.open = false;
        this.readers--;
        wake(this.waitingReaders);
        if (this.readers === 0) wake(this.waitingWriters);
      },
      share: () => this.readEnd(terminal),
    };
  }

  /** A holder of the writing end. */
  writeEnd(): Output {
    this.writers++;
    let open = true;
    return {
      write: (octets) => this.write(octets),
      endOfFile: () => {
        this.ends.push(this.buffer.length);
        wake(this.waitingReaders);
      },
      close: () => {
        if (!open) return;
        open = false;
        this.writers--;
        if (this.writers === 0) wake(this.waitingReaders);
      },
      share: () => this.writeEnd(),
    };
  }

  private async read(holder: { readonly open: boolean }): Promise<Uint8Array | undefined> {
    while (this.buffer.length === 0 && this.ends.length === 0) {
      if (this.writers === 0 || !holder.open) return undefined;
      await new Promise<void>((resolve) => this.waitingReaders.push(resolve));
    }
    // Who has closed it must not take what others wait for.
    if (!holder.open) return undefined;
    const [end] = this.ends;
    if (end === 0) {
      this.ends.shift();
      return undefined;
    }
    const octets = this.buffer.take(end);
    this.ends = this.ends.map((before) => before - octets.length);
    wake(this.waitingWriters);
    return octets;
  }

  private unread(octets: Uint8Array): void {
    this.buffer.unshift(octets);
    this.ends = this.ends.map((before) => before + octets.length);
    wake(this.waitingReaders);
  }

  private write(octets: Uint8Array): boolean | Promise<boolean> {
    if (this.readers === 0) return false;
    if (this.buffer.length >= PIPE_BYTES) return this.writeLater(octets);
    this.buffer.push(octets);
    wake(this.waitingReaders);
    return true;
  }

  private async writeLater(octets: Uint8Array): Promise<boolean> {
    while (this.buffer.length >= PIPE_BYTES && this.readers > 0) {
      await new Promise<void>((resolve) => this.waitingWriters.push(resolve));
    }
    return this.write(octets);
  }
}

function wake(waiting: (() => void)[]): void {
  for (const each of waiting.splice(0)) each();
}

/** Input that holds given octets: a file, a here-document, nothing. */
export function inputOf(content: Uint8Array | string): Input {
  const queue = new OctetQueue();
  queue.push(typeof content === 'string' ? encodeUtf8(content) : content);
  const input: Input = {
    read: () => Promise.resolve(queue.length > 0 ? queue.take() : undefined),
    unread: (octets) => {
      queue.unshift(octets);
    },
    close: () => undefined,
    share: () => input,
  };
  return input;
}

/** Output that calls a function, which can always take more. */
export function outputTo(write: (octets: Uint8Array) => void): Output {
  const output: Output = {
    write: (octets) => {
      write(octets);
      return true;
    },
    close: () => undefined,
    share: () => output,
  };
  return output;
}

/** Output that adds to a file. */
export function outputToFile(files: VirtualFileSystem, path: string): Output {
  return outputTo((octets) => void files.writeFile(path, octets, { append: true }));
}

/** Reads a line with its `\n`; undefined at the end. What follows stays for the next reader. */
export async function readLineFrom(input: Input): Promise<Uint8Array | undefined> {
  const queue = new OctetQueue();
  for (;;) {
    const end = queue.indexOf(10);
    if (end >= 0) {
      const line = queue.take(end + 1);
      if (queue.length > 0) input.unread(queue.take());
      return line;
    }
    const more = await input.read();
    if (more === undefined) return queue.length > 0 ? queue.take() : undefined;
    queue.push(more);
  }
}

/** Everything up to the end. */
export async function readAllFrom(input: Input): Promise<Uint8Array> {
  const queue = new OctetQueue();
  for (let more = await input.read(); more !== undefined; more = await input.read())
    queue.push(more);
  return queue.take();
}
