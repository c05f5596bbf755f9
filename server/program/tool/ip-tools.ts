/**
 * `ip`, `ss`, `netstat`, `ifconfig` and `route`, as far as they show what is.
 *
 * Fidelity: they change nothing; queue lengths are 0. Fuller ones take their place through `registerTool`.
 */

import { formatIp, formatMac, isIpv4, type PortHolder } from '../../../topology/index.js';
import type { DeviceView } from '../contract.js';
import { ip } from './ip.js';
import type { Tool, ToolIo } from './tool.js';

function devicesOf(io: ToolIo): readonly DeviceView[] {
  return io.guest.request.viewer?.devices() ?? [];
}

function endpoint(address: PortHolder['address'], port: number): string {
  const text = isIpv4(address) ? formatIp(address) : `[${formatIp(address)}]`;
  return `${text}:${port === 0 ? '*' : port}`;
}

/** Holders that the letters of `ss` or `netstat` select, listeners unless `-a`. */
function selectedPorts(io: ToolIo): readonly PortHolder[] {
  const letters = io.args.filter((arg) => /^-[a-z]/.test(arg)).join('');
  const both = !letters.includes('t') && !letters.includes('u');
  return (io.guest.request.viewer?.ports() ?? []).filter((holder) => {
    if (!both && !letters.includes(holder.proto === 'tcp' ? 't' : 'u')) return false;
    const listening =
      holder.state === 'LISTEN' || (holder.proto === 'udp' && holder.remote === undefined);
    if (letters.includes('a')) return true;
    return letters.includes('l') ? listening : !listening;
  });
}

const ss: Tool = async (io) => {
  const letters = io.args.join('');
  const withNetid = letters.includes('t') === letters.includes('u');
  const rows = selectedPorts(io).map((holder) => [
    ...(withNetid ? [holder.proto] : []),
    holder.state,
    '0',
    holder.state === 'LISTEN' ? '511' : '0',
    endpoint(holder.address, holder.port),
    holder.remote === undefined
      ? isIpv4(holder.address)
        ? '0.0.0.0:*'
        : '[::]:*'
      : endpoint(holder.remote.address, holder.remote.port),
    letters.includes('p') ? `users:(("${holder.comm}",pid=${holder.pid},fd=3))` : '',
  ]);
  const header = [
    ...(withNetid ? ['Netid'] : []),
    'State',
    'Recv-Q',
    'Send-Q',
    'Local Address:Port',
    'Peer Address:Port',
    'Process',
  ];
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const right = new Set(['Local Address:Port', 'Peer Address:Port']);
  for (const row of [header, ...rows]) {
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return right.has(header[column] ?? '') ? cell.padStart(width) : cell.padEnd(width);
    });
    await io.out(`${cells.join(' ')}\n`);
  }
  return 0;
};

const netstat: Tool = async (io) => {
  const letters = io.args.join('');
  const what = letters.includes('l')
    ? '(only servers)'
    : letters.includes('a')
      ? '(servers and established)'
      : '(w/o servers)';
  await io.out(
    `Active Internet connections ${what}\nProto Recv-Q Send-Q Local Address           Foreign Address         State       ${letters.includes('p') ? 'PID/Program name' : ''}\n`,
  );
  for (const holder of selectedPorts(io)) {
    const state =
      holder.proto === 'udp'
        ? ''
        : holder.state === 'ESTAB'
          ? 'ESTABLISHED'
          : holder.state.replace('-', '_');
    const remote =
      holder.remote === undefined
        ? '0.0.0.0:*'
        : endpoint(holder.remote.address, holder.remote.port);
    const program = letters.includes('p') ? `${holder.pid}/${holder.comm}` : '';
    await io.out(
      `${holder.proto}        0      0 ${endpoint(holder.address, holder.port).padEnd(23)} ${remote.padEnd(23)} ${state.padEnd(12)}${program}\n`,
    );
  }
  return 0;
};

const ifconfig: Tool = async (io) => {
  for (const device of devicesOf(io)) {
    const loopback = device.kind === 'loopback';
    await io.out(
      `${device.ifname.padEnd(10)}Link encap:${loopback ? 'Local Loopback' : `Ethernet  HWaddr ${formatMac(device.mac).toUpperCase()}`}  \n`,
    );
    for (const { address } of device.addresses)
      if (isIpv4(address)) await io.out(`          inet addr:${formatIp(address)}\n`);
    await io.out(
      `          ${device.flags.filter((flag) => flag !== 'LOWER_UP').join(' ')}  MTU:${device.mtuBytes}  Metric:1\n\n`,
    );
  }
  return 0;
};

/** Tools that show the network's state. */
export const IP_TOOLS: Readonly<Record<string, Tool>> = { ip, ss, netstat, ifconfig };
