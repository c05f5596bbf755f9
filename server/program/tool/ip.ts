/**
 * `ip` of iproute2 6.1: shows and changes devices, addresses, routes, neighbours and rules of a network namespace.
 *
 * Fidelity: objects of tunnels, IPsec, multicast routing and the like are refused by name; `monitor` prints nothing.
 */
import { findIpObject } from '../../../topology/index.js';
import type { KernelViewer } from '../contract.js';
import { busyboxIp } from './busybox-ip.js';
import { hasCapability } from './capability.js';
import { ipAddress, ipLink } from './ip-addr.js';
import { ipMaddress } from './ip-maddr.js';
import { ipNeighbor } from './ip-neigh.js';
import { ipNetns } from './ip-netns.js';
import { ipRoute } from './ip-route.js';
import { ipRule } from './ip-rule.js';
import {
  firstMatch,
  type IpFamily,
  type IpRun,
  kernelTool,
  matches,
  needNetns,
  ToolExit,
} from './ip-run.js';
import { wrongArgument } from './ip-selector.js';
import { IP_USAGE } from './iproute-usage.js';
import type { Tool, ToolIo } from './tool.js';

const VERSION = 'ip utility, iproute2-6.1.0, libbpf 1.1.2\n';

/** Options in the order in which abbreviations are tried. */
const OPTIONS = [
  '-loops',
  '-family',
  '-4',
  '-6',
  '-0',
  '-M',
  '-B',
  '-human',
  '-iec',
  '-stats',
  '-statistics',
  '-details',
  '-resolve',
  '-oneline',
  '-timestamp',
  '-tshort',
  '-Version',
  '-force',
  '-batch',
  '-brief',
  '-json',
  '-pretty',
  '-rcvbuf',
  '-color',
  '-help',
  '-netns',
  '-Numeric',
  '-all',
  '-echo',
] as const;

/** `ip`. */
export const ip: Tool = kernelTool((io, viewer) =>
  io.busybox ? busyboxIp(io, viewer) : runIp(io, viewer),
);

async function runIp(io: ToolIo, viewer: KernelViewer): Promise<number> {
  const { args, family, netns: name, run: options, version } = readOptions(io.args);
  if (version) {
    await io.out(VERSION);
    return 0;
  }
  const netns = needNetns(viewer, name);
  if (name !== undefined && !hasCapability(io, 'SYS_ADMIN')) {
    const text = `setting the network namespace "${name}" failed: Operation not permitted\n`;
    throw new ToolExit(text, 1);
  }
  const [object, ...words] = args;
  if (object === undefined) throw new ToolExit(IP_USAGE, 255);
  const run: IpRun = {
    io,
    viewer,
    netns,
    family,
    options,
    newline: options.oneline ? '\\' : '\n',
    nameOf: (other) => viewer.netnsNames().find((each) => viewer.netns(each) === other) ?? '',
  };
  switch (findIpObject(object)) {
    case 'address':
      return ipAddress(run, words);
    case 'link':
      return ipLink(run, words);
    case 'route':
      return ipRoute(run, words);
    case 'rule':
      return ipRule(run, words);
    case 'neighbor':
    case 'neighbour':
      return ipNeighbor(run, words);
    case 'netns':
      return ipNetns(run, words);
    case 'maddress':
      return ipMaddress(run, words);
    case 'monitor':
      return new Promise(() => undefined);
    case 'help':
      throw new ToolExit(IP_USAGE, 255);
    case undefined:
      throw new ToolExit(`Object "${object}" is unknown, try "ip help".\n`, 1);
    default:
      throw new ToolExit(`ip ${object}: not modelled by podnet\n`, 255);
  }
}

const FAMILIES: Readonly<Record<string, IpFamily>> = {
  inet: 'inet',
  inet6: 'inet6',
  link: 'link',
  bridge: 'bridge',
  '-4': 'inet',
  '-6': 'inet6',
  '-0': 'link',
  '-B': 'bridge',
};

function readOptions(words: readonly string[]) {
  const run = {
    json: false,
    pretty: false,
    brief: false,
    oneline: false,
    details: 0,
    stats: 0,
    numeric: false,
  };
  let family: IpFamily = 'any';
  let netns: string | undefined;
  let version = false;
  let at = 0;
  for (; at < words.length; at++) {
    const word = words[at] ?? '';
    if (!word.startsWith('-')) break;
    if (word === '--') {
      at++;
      break;
    }
    const option = word.startsWith('--') ? word.slice(1) : word;
    const value = () => {
      const given = words[++at];
      if (given === undefined)
        throw new ToolExit('Command line is not complete. Try option "help"\n', 255);
      return given;
    };
    switch (option.startsWith('-c') ? colorOption(option) : firstMatch(option, OPTIONS)) {
      case '-family': {
        const named = value();
        const found = FAMILIES[named];
        if (found === undefined) throw wrongArgument(named, 'invalid protocol family');
        family = found;
        break;
      }
      case '-4':
      case '-6':
      case '-0':
      case '-B':
        family = FAMILIES[option] ?? 'any';
        break;
      case '-stats':
      case '-statistics':
        run.stats++;
        break;
      case '-details':
        run.details++;
        break;
      case '-oneline':
        run.oneline = true;
        break;
      case '-Version':
        version = true;
        break;
      case '-brief':
        run.brief = true;
        break;
      case '-json':
        run.json = true;
        break;
      case '-pretty':
        run.pretty = true;
        break;
      case '-Numeric':
        run.numeric = true;
        break;
      case '-netns':
        netns = value();
        break;
      case '-loops':
      case '-rcvbuf':
      case '-batch':
        value();
        break;
      case '-help':
        throw new ToolExit(IP_USAGE, 255);
      case undefined:
        throw new ToolExit(`Option "${option}" is unknown, try "ip -help".\n`, 255);
      default:
        break;
    }
  }
  return { args: words.slice(at), run, family, netns, version };
}

/** `-c`, `-color` and `-c=WHEN`: a container's output is no terminal, so nothing is coloured. */
function colorOption(option: string): '-color' | undefined {
  const [name = '', when] = option.split('=');
  if (!matches(name, '-color')) return undefined;
  return when === undefined || ['', 'always', 'auto', 'never'].includes(when)
    ? '-color'
    : undefined;
}
