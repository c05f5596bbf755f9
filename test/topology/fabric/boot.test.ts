import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { Fabric, parseTopology } from '../../../topology/index.js';

const preset = new URL('../../../topology/presets/three-nodes.yaml', import.meta.url);

function boot(): Fabric {
  const spec = parseTopology(parse(readFileSync(preset, 'utf8')));
  if (!spec.ok) throw new Error(JSON.stringify(spec.error));
  return new Fabric(spec.value, 1);
}

test.each([0, 65534])('a process of uid %d on a node may ping: boot opened the range', (uid) => {
  for (const { host } of boot().nodes.values()) {
    const made = host.processes.clone({ comm: 'ping', argv: ['ping'], uid });
    expect(made.ok && made.value.sys.socket('inet', 'ping').ok).toBe(true);
  }
});

test('nobody may ping in a namespace that a process on a node just made', () => {
  for (const { host } of boot().nodes.values()) {
    const made = host.processes.clone({ comm: 'pause', argv: ['/pause'], unshare: ['net'] });
    expect(made.ok && made.value.sys.socket('inet', 'ping')).toEqual({
      ok: false,
      error: 'EACCES',
    });
  }
});
