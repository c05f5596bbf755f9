import { describe, expect, test } from '@jest/globals';
import { BUILT_IN_RESOURCES } from '../../../../server/api/registry/built-in.js';
import { decodeAs } from '../../../../server/api/schema/decode.js';
import { editDistance, nearest } from '../../../../server/api/schema/near-miss.js';
import { schemaType } from '../../../../server/api/schema/schema.js';

test('there is a schema for every built-in kind', () => {
  const without = BUILT_IN_RESOURCES.filter(
    ({ schema, structural }) =>
      structural === undefined && (schema === undefined || schemaType(schema) === undefined),
  );
  expect(without).toEqual([]);
});

describe('decoding', () => {
  const pod = (container: object) => ({ spec: { containers: [{ name: 'a', ...container }] } });

  test.each([
    [
      'a text for a number',
      pod({ ports: [{ containerPort: '80' }] }),
      'spec.containers[0].ports[0].containerPort',
      'json: cannot unmarshal string into Go struct field ContainerPort.spec.containers.ports.containerPort of type int32',
      'leave out the quotes: 80',
    ],
    [
      'a mapping for a list',
      { spec: { containers: { name: 'a' } } },
      'spec.containers',
      'json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container',
      'start each element with "- "',
    ],
    [
      'a number for a text',
      pod({ env: [{ name: 'A', value: 1 }] }),
      'spec.containers[0].env[0].value',
      'json: cannot unmarshal number into Go struct field EnvVar.spec.containers.env.value of type string',
      'put it in quotes: "1"',
    ],
    [
      'an odd quantity',
      pod({ resources: { limits: { memory: '64 MB' } } }),
      'spec.containers[0].resources.limits.memory',
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
      undefined,
    ],
    [
      'a misspelt field',
      pod({ imagee: 'x' }),
      'spec.containers[0].imagee',
      'unknown field "spec.containers[0].imagee"',
      'did you mean "image"?',
    ],
    [
      'a field of the level above',
      pod({ restartPolicy: 'Never', volumes: [] }),
      'spec.containers[0].volumes',
      'unknown field "spec.containers[0].volumes"',
      'volumes stand beside containers; a container has volumeMounts',
    ],
    [
      'a field of the level below',
      { spec: { image: 'nginx' } },
      'spec.image',
      'unknown field "spec.image"',
      '"image" belongs under spec.containers[]',
    ],
  ])('tells of %s', (_, body, path, upstream, hint) => {
    const { problems } = decodeAs('V1Pod', body);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ path, upstream });
    expect(problems[0]?.hint).toBe(hint);
  });

  test('copies what it knows and drops the rest, nulls too', () => {
    const input = {
      spec: { containers: [{ name: 'a', command: null, odd: 1 }], nodeSelector: { a: null } },
    };
    expect(decodeAs('V1Pod', input).value).toEqual({
      spec: { containers: [{ name: 'a' }], nodeSelector: { a: '' } },
    });
  });
});

test('a near miss is near', () => {
  expect(editDistance('Deploymnet', 'Deployment')).toBe(1);
  expect(nearest('Deploymnet', ['Deployment', 'Service'])).toBe('Deployment');
  expect(nearest('Foo', ['Deployment', 'Service'])).toBeUndefined();
});
