import { expect, test } from '@jest/globals';
import { type Ipv4, parseMac } from '../../../../topology/addr/index.js';
import { type PacketTrace, Skb } from '../../../../topology/kernel/index.js';
import { cutSegments, joinSegments, mayGrow } from '../../../../topology/kernel/link/offload.js';
import {
  type Ipv4Packet,
  NO_TCP_OPTIONS,
  type TcpSegment,
} from '../../../../topology/wire/index.js';

const PSH = 8;
const ACK = 16;
const MSS = 1000;

interface Change {
  readonly ip?: Partial<Ipv4Packet>;
  readonly tcp?: Partial<TcpSegment>;
  readonly smac?: string;
  readonly trace?: PacketTrace;
}

function segment(at: number, bytes: number, { ip, tcp, smac, trace }: Change = {}): Skb {
  const payload = new Uint8Array(bytes).map((_, index) => (at + index) & 0xff);
  const body: TcpSegment = {
    kind: 'tcp',
    srcPort: 1,
    dstPort: 2,
    seq: 0xffff_ff00 + at > 0xffff_ffff ? at - 0x100 : 0xffff_ff00 + at,
    ack: 7,
    flags: ACK,
    window: 500,
    options: NO_TCP_OPTIONS,
    payload,
    ...tcp,
  };
  const packet: Ipv4Packet = {
    kind: 'ipv4',
    src: 1 as Ipv4,
    dst: 2 as Ipv4,
    ttl: 63,
    tos: 0,
    id: 0xffff,
    df: true,
    mf: false,
    fragOffset: 0,
    proto: 6,
    body,
    ...ip,
  };
  const skb = new Skb(packet, 0x800);
  const mac = parseMac(smac ?? '02:00:00:00:00:01');
  if (mac.ok) skb.srcMac = mac.value;
  skb.trace = trace;
  return skb;
}

function held(skb: Skb): Skb {
  skb.held = true;
  return skb;
}

const bodyOf = ({ packet }: Skb) => {
  if (packet.kind !== 'ipv4' || packet.body.kind !== 'tcp') throw new Error('no segment');
  return packet.body;
};

test('segments that follow one another become one packet and are cut as they were', () => {
  const first = held(segment(0, MSS));
  expect(joinSegments(first, segment(MSS, MSS))).toBe(true);
  expect(mayGrow(first)).toBe(true);
  expect(joinSegments(first, segment(2 * MSS, 100, { tcp: { flags: ACK | PSH } }))).toBe(true);
  expect(mayGrow(first)).toBe(false);
  expect(bodyOf(first)).toMatchObject({ flags: ACK | PSH, payload: { length: 2100 } });
  expect(first.segmentBytes).toBe(1040);
  const pieces = cutSegments(first);
  expect(pieces.map((piece) => bodyOf(piece).flags)).toEqual([ACK, ACK, ACK | PSH]);
  expect(pieces.map(({ packet }) => packet.kind === 'ipv4' && packet.id)).toEqual([0xffff, 0, 1]);
  const whole = [segment(0, MSS), segment(MSS, MSS), segment(2 * MSS, 100)];
  expect(pieces.map((piece) => bodyOf(piece).payload)).toEqual(
    whole.map((piece) => bodyOf(piece).payload),
  );
  expect(pieces.map((piece) => bodyOf(piece).seq)).toEqual(whole.map((piece) => bodyOf(piece).seq));
  expect(pieces.every(({ gsoBytes }) => gsoBytes === 0)).toBe(true);
});

const stamped = { timestamp: { value: 1, echo: 1 } };
const trace: PacketTrace = { nextPacketId: () => 1, record: () => undefined };

test.each<[string, Change, number]>([
  ['of another time to live', { ip: { ttl: 62 } }, MSS],
  ['of another sender', { ip: { src: 9 as Ipv4 } }, MSS],
  ['from another port', { tcp: { srcPort: 9 } }, MSS],
  ['that acknowledges more', { tcp: { ack: 8 } }, MSS],
  ['with another window', { tcp: { window: 501 } }, MSS],
  ['with another timestamp', { tcp: { options: stamped } }, MSS],
  ['out of order', { tcp: { seq: 1 } }, MSS],
  ['with RST', { tcp: { flags: ACK | 4 } }, MSS],
  ['without data', {}, 0],
  ['longer than the first', {}, MSS + 1],
  ['from another neighbour', { smac: '02:00:00:00:00:02' }, MSS],
  ['of another trace', { trace }, MSS],
  ['that is a fragment', { ip: { mf: true } }, MSS],
])('a segment %s is not joined', (_case, change, bytes) => {
  expect(joinSegments(held(segment(0, MSS)), segment(MSS, bytes, change))).toBe(false);
});

test('nothing is joined to a packet that was handled already', () => {
  expect(joinSegments(segment(0, MSS), segment(MSS, MSS))).toBe(false);
});
