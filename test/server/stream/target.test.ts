import { describe, expect, test } from '@jest/globals';
import { streamTarget } from '../../../server/stream/target.js';

describe('the target of a stream', () => {
  test('is a pod and one of its subresources', () => {
    const target = streamTarget(
      '/api/v1/namespaces/shop/pods/web-0/exec?command=ls&command=%2Ftmp',
    );
    expect(target).toMatchObject({ namespace: 'shop', pod: 'web-0', subresource: 'exec' });
    expect(target?.query.getAll('command')).toEqual(['ls', '/tmp']);
  });

  test.each([
    ['steps up to another namespace', '/api/v1/namespaces/mine/pods/x/../../../yours/pods/y/exec'],
    [
      'steps up by escapes',
      '/api/v1/namespaces/mine/pods/x/%2e%2e/%2e%2e/%2e%2e/yours/pods/y/exec',
    ],
    ['cannot be decoded', '/api/v1/namespaces/mine/pods/%zz/exec'],
    ['says more after the subresource', '/api/v1/namespaces/mine/pods/x/exec/more'],
    ['is of another group', '/apis/apps/v1/namespaces/mine/pods/x/exec'],
    ['names no namespace', '/api/v1/pods/x/exec'],
    ['is another subresource', '/api/v1/namespaces/mine/pods/x/log'],
  ])('is not found in a path that %s', (_, url) => {
    expect(streamTarget(url)).toBeUndefined();
  });
});
