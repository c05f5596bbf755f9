import {
  decodeUtf8,
  encodeUtf8,
  formatIp,
  type Ip,
  type Socket,
  type Sys,
} from '../../topology/index.js';
import { KUBERNETES_MINOR } from '../kube/version.js';
import { dial, goErrno } from './dial.js';

/** What one probe said. */
export interface ProbeOutcome {
  readonly success: boolean;
  /** In the words that follow `Readiness probe failed: `. */
  readonly output: string;
}

/** Where a network probe goes. */
export interface ProbeTarget {
  readonly sys: Sys;
  readonly address: Ip;
  readonly port: number;
  readonly timeoutNs: number;
}

/** An HTTP probe. */
export interface HttpTarget extends ProbeTarget {
  readonly scheme: 'http' | 'https';
  readonly path: string;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
}

const USER_AGENT = `kube-probe/${KUBERNETES_MINOR.major}.${KUBERNETES_MINOR.minor}`;

/** Connects and closes: the TCP probe, and the gRPC one as far as it is modelled. */
export function probeTcp(target: ProbeTarget, done: (outcome: ProbeOutcome) => void): void {
  const { address, port, sys, timeoutNs } = target;
  const where = hostPort(address, port);
  const timer = sys.schedule(timeoutNs, () => {
    giveUp();
    done({ success: false, output: `dial tcp ${where}: i/o timeout` });
  });
  const giveUp = dial(sys, address, port, {
    connected: (socket) => {
      timer.cancel();
      socket.close();
      done({ success: true, output: '' });
    },
    failed: (errno) => {
      timer.cancel();
      done({ success: false, output: `dial tcp ${where}: connect: ${goErrno(errno)}` });
    },
  });
}

/**
 * Sends GET and judges the status line: 200 to 399 is success.
 *
 * Fidelity: HTTPS is spoken without TLS, and redirects count as success without being followed.
 */
export function probeHttp(target: HttpTarget, done: (outcome: ProbeOutcome) => void): void {
  const { address, headers, path, port, scheme, sys, timeoutNs } = target;
  const where = hostPort(address, port);
  const url = `${scheme}://${where}${path.startsWith('/') ? '' : '/'}${path}`;
  let ended = false;
  let open: Socket | undefined;
  const finish = (outcome: ProbeOutcome) => {
    if (ended) return;
    ended = true;
    timer.cancel();
    if (open !== undefined) {
      open.onReady = undefined;
      open.close();
    }
    done(outcome);
  };
  const failed = (words: string) => finish({ success: false, output: `Get "${url}": ${words}` });
  const timer = sys.schedule(timeoutNs, () => {
    giveUp();
    failed('context deadline exceeded (Client.Timeout exceeded while awaiting headers)');
  });
  const giveUp = dial(sys, address, port, {
    connected: (socket) => {
      open = socket;
      const request = encodeUtf8(requestText(path, where, headers));
      const sent = socket.send(request);
      if (!sent.ok) {
        failed(`write tcp ${where}: write: ${goErrno(sent.error)}`);
        return;
      }
      readStatus(socket, (status) => {
        if (typeof status === 'string')
          failed(status === 'EOF' ? 'EOF' : `read tcp ${where}: ${status}`);
        else if (status >= 200 && status < 400) finish({ success: true, output: '' });
        else finish({ success: false, output: `HTTP probe failed with statuscode: ${status}` });
      });
    },
    failed: (errno) => failed(`dial tcp ${where}: connect: ${goErrno(errno)}`),
  });
}

/** The code of the status line, or the words for why there is none. */
function readStatus(socket: Socket, done: (status: number | string) => void): void {
  let text = '';
  let told = false;
  const tell = (status: number | string) => {
    if (told) return;
    told = true;
    done(status);
  };
  const look = () => {
    while (!told) {
      const got = socket.receive();
      if (!got.ok) {
        if (got.error !== 'EAGAIN') tell(`read: ${goErrno(got.error)}`);
        return;
      }
      if (got.value.octets.length === 0) {
        tell('EOF');
        return;
      }
      text += decodeUtf8(got.value.octets);
      const end = text.indexOf('\r\n');
      if (end === -1) continue;
      const match = /^HTTP\/\d\.\d (\d{3})/.exec(text);
      tell(match === null ? `malformed HTTP response "${text.slice(0, end)}"` : Number(match[1]));
    }
  };
  socket.onReady = look;
  look();
}

function requestText(
  path: string,
  where: string,
  headers: readonly { readonly name: string; readonly value: string }[],
): string {
  const named = new Map(headers.map(({ name, value }) => [name.toLowerCase(), value]));
  const lines = [
    `GET ${path.startsWith('/') ? path : `/${path}`} HTTP/1.1`,
    `Host: ${named.get('host') ?? where}`,
    `User-Agent: ${named.get('user-agent') ?? USER_AGENT}`,
    `Accept: ${named.get('accept') ?? '*/*'}`,
  ];
  for (const { name, value } of headers) {
    if (!['host', 'user-agent', 'accept'].includes(name.toLowerCase()))
      lines.push(`${name}: ${value}`);
  }
  return `${lines.join('\r\n')}\r\nConnection: close\r\n\r\n`;
}

function hostPort(address: Ip, port: number): string {
  const host = formatIp(address);
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
