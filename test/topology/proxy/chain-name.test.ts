import { describe, expect, test } from '@jest/globals';
import { chainName } from '../../../topology/proxy/chain-name.js';
import { base32, sha256 } from '../../../topology/proxy/sha256.js';

describe('sha256', () => {
  const hex = (text: string): string =>
    [...sha256(text)].map((octet) => octet.toString(16).padStart(2, '0')).join('');

  test.each([
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    [
      'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
      '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
    ],
  ])('gives the digest of %p that FIPS 180-4 gives', (text, digest) => {
    expect(hex(text)).toBe(digest);
  });

  test('writes the base 32 of RFC 4648', () => {
    const octets = Uint8Array.from([...'foobar'].map((letter) => letter.charCodeAt(0)));
    expect(base32(octets)).toBe('MZXW6YTBOI');
  });
});

describe('chain names', () => {
  test.each([
    ['kube-system/kube-dns:dns', 'UDP', 'KUBE-SVC-TCOU7JCQXEZGVUNU'],
    ['kube-system/kube-dns:dns-tcp', 'TCP', 'KUBE-SVC-ERIFXISQEP7F7OF4'],
    ['kube-system/kube-dns:metrics', 'TCP', 'KUBE-SVC-JD5MR3NA4I4DYORP'],
    ['default/kubernetes:https', 'TCP', 'KUBE-SVC-NPX46M4PTMTKRN6Y'],
  ])('names the chain of %s as every cluster does', (portName, protocol, name) => {
    expect(chainName('SVC', portName, protocol)).toBe(name);
  });
});
