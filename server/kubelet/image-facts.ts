import type { ImageFacts } from '../program/index.js';
import type { ResolvedImage } from '../registry/index.js';

/** What a program is told of its image; ports follow variables such as `PORT` where the image's program does. */
export function imageFacts(image: ResolvedImage, env: ReadonlyMap<string, string>): ImageFacts {
  const { entry, reference } = image;
  return {
    reference: reference.text,
    programKind: entry.program,
    listens: entry.listens.map(({ port, portEnv, proto }) => ({
      proto,
      port: portFrom(portEnv === undefined ? undefined : env.get(portEnv)) ?? port,
    })),
    entrypoint: entry.entrypoint,
    cmd: entry.cmd,
    assumed: entry.assumed === true,
  };
}

/** A port written as `8080` or `:8080`. */
function portFrom(text: string | undefined): number | undefined {
  const port = Number(text?.replace(/^.*:/, ''));
  return text !== undefined && Number.isInteger(port) && port > 0 && port < 65536
    ? port
    : undefined;
}
