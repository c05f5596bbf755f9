import { describe, expect, test } from '@jest/globals';
import {
  embeddedJson,
  htmlOf,
  type Recording,
  recordingIn,
  stepPacketsIn,
} from '../../../web/export/recording.js';

const RECORDING: Recording = {
  format: 1,
  title: 'a < b & $& </title>',
  description: '</script><!-- \u2028 \u2029',
  recordedAt: '2026-01-01T00:00:00Z',
  cluster: undefined,
  vertices: [],
  edges: [],
  layers: '',
  pins: [],
  slots: [],
  journey: {
    kind: 'packet',
    id: 'packet-1-1',
    title: '',
    disposition: 'delivered',
    summary: '',
    startedNs: 0,
    endedNs: 0,
    hops: [],
  },
  packets: {
    layers: [
      { name: 'Ethernet', offset: 0, length: 14, fields: [] },
      { name: 'IPv4', offset: 14, length: 20, fields: [{ name: 'TTL', value: '64' }] },
      { name: 'IPv4', offset: 14, length: 20, fields: [{ name: 'TTL', value: '63' }] },
    ],
    pictures: [
      { layers: [0, 1], octets: '00', length: 34 },
      { layers: [0, 2], octets: '01', length: 34 },
    ],
    steps: [
      [
        [-1, 0],
        [0, 1],
      ],
    ],
  },
  capture: '',
  player: { filter: { shown: 'all', rules: 'all' }, hop: 1, step: 0, octets: false },
};

const TEMPLATE =
  '<title><!--podnet-title--></title><script type="application/json"><!--podnet-recording--></script>';

describe('a recording', () => {
  test('stands in HTML without ending its element, and is read back as it was', () => {
    const html = htmlOf(TEMPLATE, RECORDING) ?? '';
    expect(html).toContain('<title>a &lt; b &amp; $&amp; &lt;/title&gt;</title>');
    const json = /json">(.*)<\/script>$/.exec(html)?.[1] ?? '';
    expect(json).not.toMatch(/[<>&\u2028\u2029]/);
    expect(recordingIn(json)).toEqual(JSON.parse(JSON.stringify(RECORDING)));
  });

  test.each([
    ['no mark', '<html></html>'],
    ['one mark', '<!--podnet-title-->'],
  ])('is not put into a template with %s', (_, template) => {
    expect(htmlOf(template, RECORDING)).toBeUndefined();
  });

  test.each([undefined, null, '', '{', 'null', '[]', '{"format":2}'])(
    'is not found in %j',
    (text) => {
      expect(recordingIn(text)).toBeUndefined();
    },
  );

  test('gives the packet before and after a step', () => {
    const { packets } = RECORDING;
    expect(stepPacketsIn(packets, { hop: 1, step: 0 })?.before).toBeUndefined();
    const second = stepPacketsIn(packets, { hop: 1, step: 1 });
    expect(second?.before?.layers[1]?.fields[0]?.value).toBe('64');
    expect(second?.after.layers[1]?.fields[0]?.value).toBe('63');
    expect(stepPacketsIn(packets, { hop: 1, step: 2 })).toBeUndefined();
    expect(stepPacketsIn(packets, { hop: 9, step: 0 })).toBeUndefined();
  });

  test('is written without what HTML and JavaScript would read as their own', () => {
    expect(embeddedJson('<&>\u2028')).toBe('"\\u003c\\u0026\\u003e\\u2028"');
  });
});
