import { formatIp, formatMac } from '../addr/index.js';
import type { PacketView } from '../kernel/trace.js';
import type { L4Body } from '../wire/packet.js';
import type { FieldChange } from './journey.js';

/** The header fields in which two views of one packet differ, in order of the headers. */
export function changesBetween(before: PacketView, after: PacketView): FieldChange[] {
  if (
    before.packet === after.packet &&
    before.srcMac === after.srcMac &&
    before.dstMac === after.dstMac
  )
    return [];
  const old = fieldsOf(before);
  return [...fieldsOf(after)].flatMap(([field, value]) => {
    const previous = old.get(field);
    return previous === undefined || previous === value
      ? []
      : [{ field, before: previous, after: value }];
  });
}

function fieldsOf(view: PacketView): Map<string, string> {
  const fields = new Map<string, string>();
  if (view.srcMac !== undefined) fields.set('source MAC', formatMac(view.srcMac));
  if (view.dstMac !== undefined) fields.set('destination MAC', formatMac(view.dstMac));
  const { packet } = view;
  if (packet.kind === 'ipv4' || packet.kind === 'ipv6') {
    fields.set('source IP', formatIp(packet.src));
    fields.set('destination IP', formatIp(packet.dst));
    fields.set(
      packet.kind === 'ipv4' ? 'TTL' : 'hop limit',
      String(packet.kind === 'ipv4' ? packet.ttl : packet.hopLimit),
    );
    addPorts(fields, packet.body);
  }
  return fields;
}

function addPorts(fields: Map<string, string>, body: L4Body): void {
  if (body.kind !== 'tcp' && body.kind !== 'udp') return;
  fields.set('source port', String(body.srcPort));
  fields.set('destination port', String(body.dstPort));
}
