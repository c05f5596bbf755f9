/**
 * `ip`, `ss`, `netstat`, `ifconfig` and `route`, as far as they show what is.
 *
 * Fidelity: they change nothing; queue lengths are 0. Fuller ones take their place through `registerTool`.
 */
import { formatIp, formatMac, isIpv4, type PortHolder } from '../../../topology/index.js';
import type { DeviceView } from '../contract.js';
import type { Tool, ToolIo } from './tool.js';

function devicesOf(io: ToolIo): readonly DeviceView[] {
  return io.guest.request.viewer?.devices() ?? [];
}

const ip: Tool = async (io) => {
  const words = io.args.filter((arg) => !arg.startsWith('-'));
  const [object = '', ...rest] = words;
  const named = rest.filter((word) => !/^(show|list|ls|s|dev)$/.test(word))[0];
  if (/^a(d(d(r(ess)?)?)?)?$/.test(object)) return ipAddr(io, named);
  if (/^l(i(n(k)?)?)?$/.test(object)) return ipLink(io, named);
  if (/^r(o(u(te?)?)?)?$/.test(object)) {
    const table = rest[rest.indexOf('table') + 1];
    const lines =
      io.guest.request.viewer?.routes(
        io.args.includes('-6') ? 'ipv6' : 'ipv4',
        rest.includes('table') ? table : undefined,
      ) ?? [];
    for (const line of lines) await io.out(`${line} \n`);
    return 0;
  }
  if (/^n(e(i(g(h(b(o(u?r)?)?)?)?)?)?)?$/.test(object)) {
    for (const each of io.guest.request.viewer?.neighbors() ?? []) {
      const mac = each.mac === undefined ? '' : ` lladdr ${formatMac(each.mac)}`;
      await io.out(`${formatIp(each.address)} dev ${each.ifname}${mac} ${each.state} \n`);
    }
    return 0;
  }
  await io.err(`Object "${object}" is unknown, try "ip help".\n`);
  return 1;
};

function linkLine(device: DeviceView): string {
  const peer = device.peerIfindex === undefined ? '' : `@if${device.peerIfindex}`;
  const master = device.master === undefined ? '' : ` master ${device.master}`;
  return `${device.ifindex}: ${device.ifname}${peer}: <${device.flags.join(',')}> mtu ${device.mtuBytes} qdisc noqueue${master} state ${device.operState} `;
}

function linkAddress(device: DeviceView): string {
  if (device.kind === 'loopback')
    return '    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00';
  const netns = device.peerIfindex === undefined ? '' : ' link-netnsid 0';
  return `    link/ether ${formatMac(device.mac)} brd ff:ff:ff:ff:ff:ff${netns}`;
}

async function ipLink(io: ToolIo, name: string | undefined): Promise<number> {
  for (const device of devicesOf(io)) {
    if (name === undefined || device.ifname === name)
      await io.out(
        `${linkLine(device)}mode DEFAULT group default qlen 1000\n${linkAddress(device)}\n`,
      );
  }
  return missingDevice(io, name);
}

async function missingDevice(io: ToolIo, name: string | undefined): Promise<number> {
  if (name === undefined || devicesOf(io).some((device) => device.ifname === name)) return 0;
  await io.err(`Device "${name}" does not exist.\n`);
  return 1;
}

async function ipAddr(io: ToolIo, name: string | undefined): Promise<number> {
  for (const device of devicesOf(io)) {
    if (name !== undefined && device.ifname !== name) continue;
    await io.out(`${linkLine(device)}group default qlen 1000\n${linkAddress(device)}\n`);
    for (const each of device.addresses) {
      const family = isIpv4(each.address) ? 'inet' : 'inet6';
      const broadcast = each.broadcast === undefined ? '' : ` brd ${formatIp(each.broadcast)}`;
      const label = isIpv4(each.address) ? ` ${device.ifname}` : ' ';
      await io.out(
        `    ${family} ${formatIp(each.address)}/${each.prefixLength}${broadcast} scope ${each.scope}${label}\n       valid_lft forever preferred_lft forever\n`,
      );
    }
  }
  return missingDevice(io, name);
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
