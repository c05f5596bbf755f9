import { ERRNO, type Errno, strerror } from '../../../topology/index.js';
import { type Guest, goListenError } from '../guest.js';
import { formatDate } from '../io/date.js';

/** Language runtimes whose words for a refused bind differ. */
export type LanguageRuntime = 'go' | 'node' | 'python' | 'gunicorn' | 'java' | 'c';

/** What a failed listen was about. */
export interface RefusedListen {
  readonly runtime: LanguageRuntime;
  readonly proto: 'tcp' | 'udp';
  readonly port: number;
  readonly errno: Errno;
}

/** Prints what a program of this runtime says when it cannot listen, and ends it with 1. */
export function dieOfBind(guest: Guest, refused: RefusedListen): void {
  guest.die(bindErrorText(guest, refused), 1);
}

function bindErrorText(guest: Guest, { runtime, proto, port, errno }: RefusedListen): string {
  const words = strerror(errno);
  switch (runtime) {
    case 'go':
      return `${goLogDate(guest)} ${goListenError(proto, `:${port}`, errno)}\n`;
    case 'node':
      return nodeError(port, errno);
    case 'python':
      return pythonError(words, errno);
    case 'gunicorn':
      return `[ERROR] Connection in use: ('0.0.0.0', ${port})\n[ERROR] Can't connect to ('0.0.0.0', ${port})\n`;
    case 'java':
      return `Exception in thread "main" java.net.BindException: ${words}\n\tat java.base/sun.nio.ch.Net.bind0(Native Method)\n`;
    case 'c':
      return `bind: ${words}\n`;
  }
}

function nodeError(port: number, errno: Errno): string {
  const number = ERRNO[errno][0];
  const words = strerror(errno).toLowerCase();
  return [
    'node:events:496',
    "      throw er; // Unhandled 'error' event",
    '      ^',
    '',
    `Error: listen ${errno}: ${words} :::${port}`,
    '    at Server.setupListenHandle [as _listen2] (node:net:1912:16)',
    '    at listenInCluster (node:net:1969:12)',
    '    at Server.listen (node:net:2074:7)',
    "Emitted 'error' event on Server instance at:",
    '    at emitErrorNT (node:net:1948:8) {',
    `  code: '${errno}',`,
    `  errno: -${number},`,
    "  syscall: 'listen',",
    "  address: '::',",
    `  port: ${port}`,
    '}',
    '',
    'Node.js v20.19.0',
    '',
  ].join('\n');
}

function pythonError(words: string, errno: Errno): string {
  const exception = errno === 'EACCES' ? 'PermissionError' : 'OSError';
  return [
    'Traceback (most recent call last):',
    '  File "/usr/local/lib/python3.12/socketserver.py", line 457, in __init__',
    '    self.server_bind()',
    '  File "/usr/local/lib/python3.12/socketserver.py", line 473, in server_bind',
    '    self.socket.bind(self.server_address)',
    `${exception}: [Errno ${ERRNO[errno][0]}] ${words}`,
    '',
  ].join('\n');
}

/** `2026/11/23 17:19:03`, the default prefix of Go's log package. */
export function goLogDate(guest: Guest): string {
  return formatDate(guest.wallMs, '%Y/%m/%d %H:%M:%S');
}
