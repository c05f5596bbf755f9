import type { TcpStream } from '../net/tcp-stream.js';
import type { ToolIo } from './tool.js';

/** Copies input to a connection and the connection to output until the peer ends, or nothing comes for `idleNs`. */
export async function converse(
  io: ToolIo,
  stream: TcpStream,
  idleNs: number | undefined,
): Promise<void> {
  const sending = (async () => {
    for (let piece = await io.input.read(); piece !== undefined; piece = await io.input.read()) {
      if ((await stream.write(piece)) !== undefined) return;
    }
    stream.shutdownWrite();
  })();
  void sending;
  for (;;) {
    const got = await stream.read(idleNs);
    if (!got.ok || got.value.length === 0) break;
    await io.out(got.value);
  }
  stream.close();
}
