/**
 * ping of iputils 20221126.
 *
 * Fidelity: -R, -T, -N, -F, -l, -m, -B, -L and -U are taken and change nothing; -f sends as fast as replies come; data of
 * replies is not compared with what was sent.
 */
import { isIpv4 } from '../../../../topology/index.js';
import { resolveName, resolveWords } from '../../net/names.js';
import { hasCapability } from '../capability.js';
import type { Tool, ToolIo } from '../tool.js';
import { busyboxPing } from './busybox.js';
import { openEcho } from './echo.js';
import { PING_VERSION, parsePing } from './options.js';
import { prepareSocket } from './prepare-socket.js';
import { PingSession } from './session.js';

/** ping. */
export const ping: Tool = (io) => (io.busybox ? busyboxPing(io) : iputilsPing(io));

/** ping6, another name of it. */
export const ping6: Tool = (io) => (io.busybox ? busyboxPing(io, 'ipv6') : iputilsPing(io));

async function iputilsPing(io: ToolIo): Promise<number> {
  if (io.args.includes('-V')) {
    await io.out(PING_VERSION);
    return 0;
  }
  const parsed = parsePing(io.args);
  if (!parsed.ok) {
    await io.err(parsed.error.text);
    return parsed.error.status;
  }
  const options = parsed.value;
  const family = options.family ?? (io.name === 'ping6' ? 'ipv6' : undefined);
  const resolved = await resolveName(
    io.guest,
    options.target,
    family === undefined ? {} : { family },
  );
  if (!resolved.ok) return io.fail(`${options.target}: ${resolveWords(resolved.error)}`, 2);
  const [address] = resolved.value.addresses;
  if (address === undefined) return io.fail(`${options.target}: Name or service not known`, 2);
  if (family !== undefined && isIpv4(address) !== (family === 'ipv4')) {
    return io.fail(`${options.target}: Address family for hostname not supported`, 2);
  }
  const made = openEcho(io, address, hasCapability(io, 'NET_RAW'));
  if (!made.ok) {
    await io.err(
      'ping: socktype: SOCK_RAW\nping: socket: Operation not permitted\nping: => missing cap_net_raw+p capability or setuid?\n',
    );
    return 2;
  }
  const socket = made.value;
  const source = await prepareSocket(io, socket, { address, options });
  if (!source.ok) {
    socket.close();
    return source.error;
  }
  const numeric = options.flags.has('n') || resolved.value.literal;
  const session = new PingSession(io, socket, {
    address,
    options,
    numeric,
    hostname: resolved.value.literal ? options.target : resolved.value.canonical,
    source: source.value,
  });
  const status = await session.run();
  socket.close();
  return status;
}
