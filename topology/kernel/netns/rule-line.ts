import { type Cidr, formatCidr, formatIp, isCidr4 } from '../../addr/index.js';
import type { RoutingRule } from './fib.js';
import { tableName } from './route.js';

/** One line of `ip rule`, with the tab that iproute2 writes after the priority. */
export function ruleLine(rule: RoutingRule): string {
  const { priority, from, to, fwmark, fwmask, iif, oif, action } = rule;
  let text = `${priority}:\t${rule.not === true ? 'not ' : ''}from ${from === undefined ? 'all' : prefixText(from)}`;
  if (to !== undefined) text += ` to ${prefixText(to)}`;
  if (fwmark !== undefined) text += ` fwmark ${hex(fwmark)}${maskText(fwmask)}`;
  if (iif !== undefined) text += ` iif ${iif}`;
  if (oif !== undefined) text += ` oif ${oif}`;
  if (action !== undefined) return `${text} ${action}`;
  text += ` lookup ${tableName(rule.table)}`;
  const { suppressPrefixLength: suppressed } = rule;
  return suppressed === undefined ? text : `${text} suppress_prefixlength ${suppressed}`;
}

function prefixText(block: Cidr): string {
  const whole = isCidr4(block) ? 32 : 128;
  return block.prefixLength === whole ? formatIp(block.network) : formatCidr(block);
}

function maskText(mask: number | undefined): string {
  return mask === undefined || mask === 0xffffffff ? '' : `/${hex(mask)}`;
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
