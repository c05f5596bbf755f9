import { describe, expect, test } from '@jest/globals';
import { ipv4 } from '../../../../topology/addr/index.js';
import { MILLISECOND, SECOND } from '../../../../topology/base/index.js';
import { IcmpRateLimit } from '../../../../topology/kernel/netns/rate-limit.js';

const TO = ipv4(0x0a090002);

function limits() {
  const clock = { nowNs: 100 * SECOND };
  return { clock, limit: new IcmpRateLimit(() => clock.nowNs) };
}

/** What an error about a route asks: ip_error, then icmp_send. */
function routeErrors(intervalMs: number): string {
  const { clock, limit } = limits();
  return Array.from({ length: 10 }, () => {
    const sent = limit.allowRouteError(TO) && limit.allowError(TO, SECOND);
    clock.nowNs += intervalMs * MILLISECOND;
    return sent ? 'x' : '.';
  }).join('');
}

describe('the limits of ICMP errors', () => {
  test('let six errors to one address leave at once, then one per second', () => {
    const { clock, limit } = limits();
    const burst = Array.from({ length: 8 }, () => limit.allowError(TO, SECOND));
    expect(burst.filter((sent) => sent).length).toBe(6);
    clock.nowNs += SECOND;
    expect([limit.allowError(TO, SECOND), limit.allowError(TO, SECOND)]).toEqual([true, false]);
  });

  // Counted with ping on Linux 6.18, from a router without a route.
  test.each([
    [2, 'xx........'],
    [500, 'xxx.......'],
    [2000, 'xxxxxxxxxx'],
  ])('cost errors about routes two tokens of one account, asked every %i ms', (interval, sent) => {
    expect(routeErrors(interval)).toBe(sent);
  });

  test('leave no token for other errors after a redirect', () => {
    const { clock, limit } = limits();
    expect(limit.allowRedirect(TO)).toBe(true);
    expect(limit.allowError(TO, SECOND)).toBe(false);
    clock.nowNs += SECOND;
    expect(limit.allowError(TO, SECOND)).toBe(true);
  });
});
