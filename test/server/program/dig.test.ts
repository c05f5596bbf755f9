import { describe, expect, test } from '@jest/globals';
import { ANY, withDns } from './dns-lab.js';
import { Lab } from './lab.js';

const HEAD =
  ';; Got answer:\n' +
  ';; WARNING: .local is reserved for Multicast DNS\n' +
  ';; You are currently testing what happens when an mDNS query is leaked to DNS\n' +
  ';; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: N\n' +
  ';; flags: qr aa rd ra; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 1\n\n' +
  ';; OPT PSEUDOSECTION:\n; EDNS: version: 0, flags:; udp: 1232\n';
const ANSWER = 'web.default.svc.cluster.local. 5 IN\tA\t10.96.0.7\n';
const QUESTION = ';web.default.svc.cluster.local.\tIN\tA\n';
const STATS =
  ';; Query time: 0 msec\n;; SERVER: 127.0.0.1#53(127.0.0.1) (UDP)\n;; WHEN: TIME\n;; MSG SIZE  rcvd: N\n\n';

/** The layout is that of dig 9.18.49 asking such a server. */
describe('dig', () => {
  test.each([
    [
      '',
      '\n; <<>> DiG 9.18.49-1~deb12u3-Debian <<>> web.default.svc.cluster.local\n;; global options: +cmd\n' +
        `${HEAD};; QUESTION SECTION:\n${QUESTION}\n;; ANSWER SECTION:\n${ANSWER}\n${STATS}`,
    ],
    ['+noall +answer', ANSWER],
    ['+short', '10.96.0.7\n'],
    ['+noall +question', QUESTION],
    ['+noall +stats', STATS],
    ['+noall +comments', HEAD],
    ['+nocmd +nocomments', `${QUESTION}${ANSWER}${STATS}`],
  ])('prints what %p chooses', async (options, out) => {
    const command = `dig web.default.svc.cluster.local ${options}`.trimEnd();
    const got = await withDns().script(command, ANY);
    const masked = got.out
      .replace(/id: \d+/, 'id: N')
      .replace(/WHEN: \w{3} \w{3} \d\d \d\d:\d\d:\d\d UTC \d{4}/, 'WHEN: TIME')
      .replace(/rcvd: \d+/, 'rcvd: N');
    expect(masked).toBe(out);
  });

  test('+tcp tells of a server that does not listen', async () => {
    const got = await new Lab().script('dig +tcp +tries=1 @127.0.0.9 web', ANY);
    expect(got).toMatchObject({
      out: ';; Connection to 127.0.0.9#53(127.0.0.9) for web failed: connection refused.\n;; no servers could be reached\n',
      code: 9,
    });
  });
});
