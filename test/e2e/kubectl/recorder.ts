import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';

/** One request as kubectl sent it, without what changes from run to run. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly accept?: string;
  readonly contentType?: string;
  /** A JSON body. */
  readonly json?: unknown;
  /** Any other body, in base64. */
  readonly base64?: string;
}

/** A proxy that notes what passes through it. */
export interface Recorder {
  readonly url: string;
  /** What passed since it was last asked. */
  take(): RecordedRequest[];
  close(): void;
}

/** Starts a proxy before a server. Upgraded connections pass and are not noted. */
export async function startRecorder(target: string): Promise<Recorder> {
  const { hostname, port } = new URL(target);
  let noted: RecordedRequest[] = [];
  const proxy: Server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const body = Buffer.concat(chunks);
      noted.push(recorded(req, body));
      const { method, url: path, headers } = req;
      const onward = httpRequest({ hostname, port, method, path, headers }, (answer) => {
        res.writeHead(answer.statusCode ?? 502, answer.headers);
        // A watch says nothing until something happens.
        res.flushHeaders();
        answer.pipe(res);
      });
      res.once('close', () => onward.destroy());
      onward.once('error', () => res.destroy());
      onward.end(body);
    });
  });
  proxy.on('upgrade', (req, socket, head) => {
    const onward = connect(Number(port), hostname, () => {
      const lines = req.rawHeaders.flatMap((name, index) =>
        index % 2 === 0 ? [`${name}: ${req.rawHeaders[index + 1]}`] : [],
      );
      onward.write(`${req.method} ${req.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
      onward.write(head);
      onward.pipe(socket).pipe(onward);
    });
    onward.on('error', () => socket.destroy());
    socket.on('error', () => onward.destroy());
  });
  await new Promise<void>((resolve) => {
    proxy.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    take: () => {
      const taken = noted;
      noted = [];
      return taken;
    },
    close: () => {
      proxy.closeAllConnections();
      proxy.close();
    },
  };
}

/** What kubectl sent for one line. */
export interface RecordedLine {
  readonly line: string;
  readonly requests: readonly RecordedRequest[];
}

const DISCOVERY = /^\/(api|apis|api\/v1|version|openapi\/v\d.*)$/;

/** Text of a recording, one request a line: neither discovery nor watches, and nothing twice for one line. */
export function writeRecording(lines: readonly RecordedLine[]): string {
  const told = lines.flatMap(({ line, requests }) => {
    const texts = requests
      .filter(
        ({ path }) => !DISCOVERY.test(path.replace(/\?.*/, '')) && !path.includes('watch=true'),
      )
      .map((request) => `    ${JSON.stringify(request)}`);
    if (texts.length === 0) return [];
    return [`  { "line": "${line}", "requests": [\n${[...new Set(texts)].join(',\n')}\n  ] }`];
  });
  return `[\n${told.join(',\n')}\n]\n`;
}

function recorded(req: IncomingMessage, body: Buffer): RecordedRequest {
  const contentType = req.headers['content-type'];
  return {
    method: req.method ?? '',
    path: withoutChance(req.url ?? ''),
    ...(req.headers.accept === undefined ? {} : { accept: req.headers.accept }),
    ...(contentType === undefined ? {} : { contentType }),
    ...(body.length === 0 ? {} : recordedBody(body)),
  };
}

function recordedBody(body: Buffer): Pick<RecordedRequest, 'json' | 'base64'> {
  try {
    return { json: JSON.parse(withoutChance(body.toString())) };
  } catch {
    return { base64: body.toString('base64') };
  }
}

/** Names of pods, uids and versions are replaced by `{pod:web}`, `{uid}` and `{version}`. */
function withoutChance(text: string): string {
  return text
    .replace(/(?<![a-z0-9-])(web|d1|coredns)-[a-z0-9]{6,10}-[a-z0-9]{5}\b/g, '{pod:$1}')
    .replace(/(?<![a-z0-9-])agent-[a-z0-9]{5}\b/g, '{pod:agent}')
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '{uid}')
    .replace(/resourceVersion=[1-9]\d*/g, 'resourceVersion={version}')
    .replace(/"resourceVersion":"\d+"/g, '"resourceVersion":"{version}"');
}
