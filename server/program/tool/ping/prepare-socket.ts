import {
  fail,
  type Ip,
  ok,
  type Result,
  type Socket,
  strerror,
} from '../../../../topology/index.js';
import { resolveName } from '../../net/names.js';
import type { ToolIo } from '../tool.js';
import type { PingOptions } from './options.js';

const PROBE_PORT = 1025;

/** Sets a socket up as the options ask and finds its source address; fails with the exit status when something is refused. */
export async function prepareSocket(
  io: ToolIo,
  socket: Socket,
  how: { readonly address: Ip; readonly options: PingOptions },
): Promise<Result<Ip, number>> {
  const { address, options } = how;
  socket.setOption('IP_RECVERR', 1);
  if (options.ttl !== undefined) socket.setOption('IP_TTL', options.ttl);
  if (options.tos !== 0) socket.setOption('IP_TOS', options.tos);
  if (options.pmtudisc !== undefined) socket.setOption('IP_MTU_DISCOVER', options.pmtudisc);
  if (options.flags.has('b')) socket.setOption('SO_BROADCAST', 1);
  // probe_fd: a UDP socket that is connected only to learn the source address.
  const made = io.guest.socket('dgram', address);
  if (!made.ok) return fail(await io.fail(`socket: ${strerror(made.error)}`, 2));
  const probe = made.value;
  if (options.flags.has('b')) probe.setOption('SO_BROADCAST', 1);
  const from = options.from === undefined ? undefined : await resolveName(io.guest, options.from);
  const fromAddress = from?.ok === true && from.value.literal ? from.value.addresses[0] : undefined;
  if (fromAddress !== undefined) {
    const refused = probe.bind(fromAddress, 0) ?? socket.bind(fromAddress, 0);
    if (refused !== undefined)
      return closing(probe, await io.fail(`bind: ${strerror(refused)}`, 2));
  } else if (options.from !== undefined) {
    const device = options.from;
    if (probe.bindToDevice(device) !== undefined) {
      return closing(probe, await io.fail(`SO_BINDTODEVICE ${device}: No such device`, 2));
    }
    socket.bindToDevice(device);
  }
  const refused = probe.connect(address, PROBE_PORT);
  const source = probe.local?.address ?? address;
  probe.close();
  if (refused === 'EACCES') {
    return fail(
      await io.fail(
        options.flags.has('b')
          ? 'cannot bind source address: Permission denied'
          : 'Do you want to ping broadcast? Then -b. If not, check your local firewall rules',
        2,
      ),
    );
  }
  if (refused !== undefined) return fail(await io.fail(`connect: ${strerror(refused)}`, 2));
  const device = io.guest.request.viewer?.devices().find((each) => each.ifname === options.from);
  if (device !== undefined && !device.addresses.some((each) => each.address === source)) {
    await io.err(
      `ping: Warning: source address might be selected on device other than: ${device.ifname}\n`,
    );
  }
  return ok(source);
}

function closing(socket: Socket, status: number): Result<Ip, number> {
  socket.close();
  return fail(status);
}
