/** What a configuration of nginx listens on and passes requests to. */
import { fail, type Ip, isIpv4, ok, parseIp, type Result } from '../../../topology/index.js';
import type { Guest } from '../guest.js';
import { parseUrl } from '../http/client.js';
import { resolveHost } from '../net/resolver.js';
import { type Directive, directivesNamed } from './nginx-config.js';

/** One `server` block. */
export interface NginxSite {
  readonly listens: readonly { readonly address: Ip; readonly port: number }[];
  readonly names: readonly string[];
  readonly block: readonly Directive[];
  readonly http: readonly Directive[];
}

/** Addresses of the names in `proxy_pass` and `upstream`, found when the configuration was loaded. */
export type UpstreamAddresses = ReadonlyMap<string, readonly { address: Ip; port: number }[]>;

/** The server blocks of a configuration; `listen` defaults to port 80. */
export function sitesOf(config: readonly Directive[]): Result<readonly NginxSite[], string> {
  const sites: NginxSite[] = [];
  for (const http of directivesNamed(config, 'http')) {
    for (const server of directivesNamed(http.block ?? [], 'server')) {
      const block = server.block ?? [];
      const listens: { address: Ip; port: number }[] = [];
      for (const directive of directivesNamed(block, 'listen')) {
        const listen = parseListen(directive.args[0] ?? '');
        if (listen === 'skip') continue;
        if (listen === undefined) {
          const where = `${directive.file}:${directive.line}`;
          return fail(
            `invalid port in "${directive.args[0]}" of the "listen" directive in ${where}`,
          );
        }
        listens.push(listen);
      }
      if (directivesNamed(block, 'listen').length === 0)
        listens.push({ address: 0 as Ip, port: 80 });
      const names = directivesNamed(block, 'server_name').flatMap((directive) => directive.args);
      sites.push({ listens, names, block, http: http.block ?? [] });
    }
  }
  return ok(sites);
}

function parseListen(text: string): { address: Ip; port: number } | 'skip' | undefined {
  // IPv6 listeners are left out: see the Fidelity note of nginx.ts.
  if (text.startsWith('[') || text.startsWith('unix:')) return 'skip';
  const [host = '', portText] = text.includes(':') ? text.split(':') : ['', text];
  if (portText !== undefined && /^\d+$/.test(portText)) {
    const port = Number(portText);
    if (port < 1 || port > 65535) return undefined;
    const address = parseIp(host);
    return { address: address.ok ? address.value : (0 as Ip), port };
  }
  const address = parseIp(text);
  return address.ok ? { address: address.value, port: 80 } : undefined;
}

/** Hosts that the configuration passes requests to and that must resolve before nginx starts. */
export function upstreamNames(
  config: readonly Directive[],
): { readonly key: string; readonly directive: Directive }[] {
  const groups = new Set<string>();
  const wanted: { key: string; directive: Directive }[] = [];
  visit(config, (directive) => {
    if (directive.name === 'upstream') groups.add(directive.args[0] ?? '');
  });
  visit(config, (directive, parent) => {
    const target = directive.args[0] ?? '';
    if (directive.name === 'server' && parent === 'upstream' && directive.block === undefined) {
      wanted.push({ key: target, directive });
    }
    if (directive.name !== 'proxy_pass' || target.includes('$')) return;
    const url = parseUrl(target);
    const key = url === undefined ? target : `${url.host}:${url.port}`;
    if (!groups.has(url?.host ?? '')) wanted.push({ key, directive });
  });
  return wanted;
}

function visit(
  block: readonly Directive[],
  look: (directive: Directive, parent: string) => void,
  parent = '',
): void {
  for (const directive of block) {
    look(directive, parent);
    if (directive.block !== undefined) visit(directive.block, look, directive.name);
  }
}

/** Finds the addresses of all upstream names; the failure is nginx's `host not found in upstream`. */
export async function resolveUpstreams(
  guest: Guest,
  config: readonly Directive[],
): Promise<Result<UpstreamAddresses, string>> {
  const found = new Map<string, readonly { address: Ip; port: number }[]>();
  for (const { key, directive } of upstreamNames(config)) {
    const [host = '', portText = '80'] = key.split(':');
    const resolved = await resolveHost(guest, host);
    if (!resolved.ok) {
      return fail(
        `host not found in upstream "${key.replace(/:80$/, '')}" in ${directive.file}:${directive.line}`,
      );
    }
    const addresses = resolved.value.filter(isIpv4);
    found.set(
      key,
      addresses.map((address) => ({ address, port: Number(portText) })),
    );
  }
  return ok(found);
}
