import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ApiServer } from '../../../../server/api/server.js';
import { deploymentBody, newApi, podBody } from '../helper.js';
import { serve } from './serve.js';

let api: ApiServer;
let url: string;
let stop: () => Promise<void>;

beforeAll(async () => {
  api = newApi();
  ({ url, stop } = await serve(api, {}));
});
afterAll(() => stop());

const call = async (method: string, path: string, body?: unknown) => {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const { headers, status } = response;
  return { status, warning: headers.get('warning'), json: JSON.parse(await response.text()) };
};
const maps = '/api/v1/namespaces/default/configmaps';
const pods = '/api/v1/namespaces/default/pods';
const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases';

describe('deletions', () => {
  test.each([
    [
      { propagationPolicy: 'Nonsense' },
      422,
      'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "Nonsense": supported values: "Foreground", "Background", "Orphan", "nil"',
    ],
    [
      { propagationPolicy: 'Orphan', orphanDependents: true },
      422,
      'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Invalid value: "Orphan": orphanDependents and deletionPropagation cannot be both set',
    ],
    [
      { dryRun: ['Some'] },
      422,
      'DeleteOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: []string{"Some"}: supported values: "All"',
    ],
    [
      { gracePeriodSeconds: 'soon' },
      400,
      'json: cannot unmarshal string into Go struct field DeleteOptions.gracePeriodSeconds of type int64',
    ],
    [[], 400, 'json: cannot unmarshal array into Go value of type v1.DeleteOptions'],
  ])('refuse %j and delete nothing', async (body, code, message) => {
    await call('POST', maps, { metadata: { name: 'kept' } });
    expect(await call('DELETE', `${maps}/kept`, body)).toMatchObject({
      status: code,
      json: { message },
    });
    expect((await call('GET', `${maps}/kept`)).status).toBe(200);
  });

  test('refuse a parameter that is no number', async () => {
    expect(await call('DELETE', `${maps}/kept?gracePeriodSeconds=abc`)).toMatchObject({
      status: 400,
      json: { message: 'strconv.ParseInt: parsing "abc": invalid syntax' },
    });
  });

  test('count as a change of what is wanted', async () => {
    api.create({
      resource: 'apps/deployments',
      body: { ...deploymentBody(), metadata: { name: 'going', finalizers: ['example.com/wait'] } },
    });
    const path = '/apis/apps/v1/namespaces/default/deployments/going';
    expect((await call('DELETE', path)).json.metadata.generation).toBe(2);
    expect((await call('DELETE', path)).json.metadata.generation).toBe(2);
  });

  test('end at the last year there is', async () => {
    const body = { ...podBody('patient'), spec: { ...podBody().spec, nodeName: 'node-1' } };
    await call('POST', pods, body);
    const deleted = await call('DELETE', `${pods}/patient`, { gracePeriodSeconds: 2 ** 53 - 1 });
    expect(deleted.json.metadata.deletionTimestamp).toBe('9999-12-31T23:59:59Z');
  });

  test.each(['/api/v1/namespaces', '/apis/authentication.k8s.io/v1/tokenreviews'])(
    'of all of %s at once are not allowed',
    async (path) => {
      expect((await call('DELETE', path)).status).toBe(405);
    },
  );
});

describe('writes', () => {
  test('a name in the path of a POST is not allowed', async () => {
    expect((await call('POST', `${maps}/a`, { metadata: { name: 'a' } })).status).toBe(405);
  });

  test('replacing what is not there makes it, for some kinds', async () => {
    expect((await call('PUT', `${maps}/absent`, {})).status).toBe(404);
    const made = await call('PUT', `${leases}/absent`, { metadata: { resourceVersion: '7' } });
    expect(made).toMatchObject({ status: 201, json: { metadata: { name: 'absent' } } });
    expect((await call('PUT', `${leases}/absent`, {})).status).toBe(200);
    expect((await call('PUT', `${leases}/other`, { metadata: { uid: 'x' } })).json).toMatchObject({
      reason: 'Conflict',
      message:
        'Operation cannot be fulfilled on leases.coordination.k8s.io "other": Precondition failed: UID in precondition: x, UID in object meta: ',
    });
  });

  test.each(['apiVersion', 'kind'])('a %s that is no text is refused', async (field) => {
    expect(await call('POST', maps, { [field]: { toString: 1 } })).toMatchObject({
      status: 400,
      json: {
        message: `couldn't get version/kind; json parse error: json: cannot unmarshal object into Go struct field .${field} of type string`,
      },
    });
  });

  test('a status is for one object, and its unknown fields are warned of', async () => {
    await call('POST', pods, podBody('told'));
    const { json } = await call('GET', `${pods}/told`);
    const status = { phase: 'Running', mood: 'good' };
    const written = await call('PUT', `${pods}/told/status`, { ...json, status });
    expect(written).toMatchObject({
      status: 200,
      warning: '299 - "unknown field \\"status.mood\\""',
    });
    const other = { ...json.metadata, uid: 'another', resourceVersion: undefined };
    expect((await call('PUT', `${pods}/told/status`, { ...json, metadata: other })).status).toBe(
      409,
    );
    const misnamed = { ...json.metadata, name: 'else' };
    expect((await call('PUT', `${pods}/told/status`, { ...json, metadata: misnamed })).status).toBe(
      400,
    );
  });
});
