/** tcpdump's filters and lines for those who watch devices from outside a container. */
import { type Ip, ok, type Result } from '../../../../topology/index.js';
import { servicePort } from '../../net/services.js';
import { LINK_TYPE } from './capture-file.js';
import { compileFilter, namesInFilter } from './filter.js';
import type { FrameTest } from './frame-tests.js';
import { type Captured, PacketPrinter } from './printer.js';

/** Characters of a filter. */
const LONGEST_FILTER = 2000;

/** A filter in libpcap's language; `host` finds names. Fails in libpcap's words. */
export function frameFilter(
  text: string,
  host: (name: string) => readonly Ip[] | undefined,
): Result<FrameTest, string> {
  if (text.length > LONGEST_FILTER)
    return { ok: false, error: `a filter has at most ${LONGEST_FILTER} characters` };
  if (text.trim() === '') return ok(() => true);
  const hosts = new Map(namesInFilter(text).map((name) => [name, host(name)]));
  return compileFilter(text, {
    host: (name) => hosts.get(name),
    port: (name, protocol) => servicePort(name, protocol),
    broadcasts: new Set(),
  });
}

/** Tells frames one after another as `tcpdump -n` does; relative sequence numbers are kept from one to the next. */
export function frameTeller(): (frame: Captured) => string {
  const printer = new PacketPrinter(
    {
      link: false,
      verbosity: 0,
      numeric: true,
      quick: false,
      absolute: false,
      unverified: true,
      shortNames: false,
      numbered: false,
      time: 'clock',
      dump: { kind: 'none', link: false },
    },
    {
      names: { host: () => undefined, port: () => undefined },
      linkType: LINK_TYPE.ethernet,
      deviceName: (ifindex) => `if${ifindex}`,
    },
  );
  return (frame) => printer.lines(frame).trimEnd();
}
