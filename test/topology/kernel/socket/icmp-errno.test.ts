import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';
import type { Socket } from '../../../../topology/kernel/index.js';
import { BackToBack } from './back-to-back.js';
import { ip, octets } from './lab.js';

const recorded: { readonly rows: readonly string[] } = createRequire(import.meta.url)(
  '../../../fixture/linux/icmp-errno.json',
);

const TOO_BIG = new Set(['4 3/4', '6 2/0']);
const ANNOUNCED_MTU = 1300;

/** What a program hears of an error, in the words of the fixture. */
function hears(family: string, error: string, kind: string): string {
  const [type, code] = error.split('/').map(Number);
  const rest = TOO_BIG.has(`${family} ${error}`) ? ANNOUNCED_MTU : 0;
  const message = { type: type ?? 0, code: code ?? 0, rest };
  const lab = new BackToBack();
  const { a } = lab;
  const domain = family === '4' ? 'inet' : 'inet6';
  const remote = ip(family === '4' ? '10.0.0.2' : 'fd00::2');
  const socket = a.open(kind.startsWith('t') ? 'stream' : 'dgram', domain);
  const answer = () => {
    a.filter = (packet) => {
      lab.clock.schedule(0, () => a.hear(packet, message));
      return false;
    };
  };
  switch (kind) {
    case 'te':
      return established(lab, socket, remote, answer);
    case 'tc':
      answer();
      socket.connect(remote, 80);
      break;
    default:
      answer();
      if (kind.endsWith('r')) socket.setOption('IP_RECVERR', 1);
      if (kind.startsWith('uc')) socket.connect(remote, 80);
      socket.send(octets('x'), kind.startsWith('uu') ? { address: remote, port: 80 } : undefined);
  }
  lab.run(0.5);
  const errno = socket.takeError() ?? '-';
  if (kind === 'tc' && errno === '-') expect(socket.state).toBe('SYN-SENT');
  const queued = socket.receiveError();
  if (kind.endsWith('r') && errno !== '-') {
    const icmp = { type: message.type, code: message.code, ...(rest === 0 ? {} : { mtu: rest }) };
    expect(queued).toMatchObject({
      ok: true,
      value: { errno, icmp, from: { address: remote, port: 0 }, octets: octets('x') },
    });
  } else expect(queued).toEqual({ ok: false, error: 'EAGAIN' });
  return errno;
}

/** An established connection must outlive the error: what is sent meanwhile arrives in the end. */
function established(
  lab: BackToBack,
  socket: Socket,
  remote: ReturnType<typeof ip>,
  answer: () => void,
): string {
  const { a, b } = lab;
  const listener = b.open('stream', remote === ip('10.0.0.2') ? 'inet' : 'inet6');
  listener.bind(remote, 80);
  listener.listen(1);
  socket.connect(remote, 80);
  lab.run(0.1);
  const accepted = listener.accept();
  if (!accepted.ok) throw new Error(accepted.error);
  answer();
  socket.send(octets('x'));
  lab.run(0.5);
  const errno = socket.takeError() ?? '-';
  a.filter = () => true;
  lab.run(60);
  expect(accepted.value.receive()).toMatchObject({ ok: true, value: { octets: octets('x') } });
  return errno;
}

const rows = recorded.rows.flatMap((line) => {
  const [family = '', error = '', ...sockets] = line.split(' ');
  return sockets.map((word) => ({ family, error, word }));
});

test('the table of recorded errors is whole', () => expect(rows).toHaveLength(134));

test.each(recorded.rows)('%s', (line) => {
  const [family = '', error = '', ...sockets] = line.split(' ');
  const heard = sockets.map((word) => {
    const kind = word.split('=')[0] ?? '';
    return `${kind}=${hears(family, error, kind)}`;
  });
  expect(heard).toEqual(sockets);
});
