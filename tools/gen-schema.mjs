// Generates server/api/schema/schema.generated.json (what fields there are, of what type, and which must be there)
// from the types of @kubernetes/client-node.
// Run by hand when that dependency changes: node tools/gen-schema.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);
const models = join(dirname(require.resolve('@kubernetes/client-node')), 'gen/models');
const { ALL_ROOTS } = await import('./schema-roots.mjs');

/** Strings of the generated types that the API reads as quantities (`resource.Quantity` in Go). */
const QUANTITIES = new Set([
  'V1ResourceRequirements.limits',
  'V1ResourceRequirements.requests',
  'V1VolumeResourceRequirements.limits',
  'V1VolumeResourceRequirements.requests',
  'V1NodeStatus.capacity',
  'V1NodeStatus.allocatable',
  'V1PodSpec.overhead',
  'V1Overhead.podFixed',
  'V1PersistentVolumeSpec.capacity',
  'V1PersistentVolumeClaimStatus.capacity',
  'V1PersistentVolumeClaimStatus.allocatedResources',
  'V1ContainerStatus.allocatedResources',
  'V1ResourceQuotaSpec.hard',
  'V1ResourceQuotaStatus.hard',
  'V1ResourceQuotaStatus.used',
  'V1LimitRangeItem._default',
  'V1LimitRangeItem.defaultRequest',
  'V1LimitRangeItem.max',
  'V1LimitRangeItem.min',
  'V1LimitRangeItem.maxLimitRequestRatio',
  'V1EmptyDirVolumeSource.sizeLimit',
  'V1ResourceFieldSelector.divisor',
  'V2MetricTarget.averageValue',
  'V2MetricTarget.value',
  'V2MetricValueStatus.averageValue',
  'V2MetricValueStatus.value',
  'V2HPAScalingRules.tolerance',
  'V1CSIStorageCapacity.capacity',
  'V1CSIStorageCapacity.maximumVolumeSize',
]);

/** Types that are any JSON by nature. */
const ANY = new Set(['any', 'V1JSONSchemaProps']);
const PLAIN = { string: 's', boolean: 'b', IntOrString: 'x', Date: 't', V1MicroTime: 't' };

const types = {};

/** Writes one type as a code: see server/api/schema/schema.ts. */
function encode(type, format) {
  if (ANY.has(type) || type.startsWith('Array<any') || type.includes(': any;')) return '*';
  if (type === 'number') return format === 'double' ? 'n' : format === 'int64' ? 'l' : 'i';
  if (type === 'string' && format === 'byte') return 'y';
  if (type in PLAIN) return PLAIN[type];
  const array = /^Array<(.*)>$/.exec(type);
  if (array) return `[${encode(array[1], format)}`;
  const map = /^\{ \[key: string\]: (.*); \}$/.exec(type);
  if (map) return `{${encode(map[1], format)}`;
  collect(type);
  return type;
}

/** Reads one model: its fields from the attribute map, required-ness and texts from the declaration. */
function collect(name) {
  if (name in types) return;
  const script = readFileSync(join(models, `${name}.js`), 'utf8');
  const declaration = readFileSync(join(models, `${name}.d.ts`), 'utf8');
  const attributes = JSON.parse(/attributeTypeMap = (\[[\s\S]*?\n\]|\[\]);/.exec(script)[1]);
  const fields = {};
  types[name] = fields;
  for (const { name: property, baseName, type, format } of attributes) {
    const needed = new RegExp(`'${property.replace('$', '\\$')}': `).test(declaration);
    let code = encode(type, format);
    if (QUANTITIES.has(`${name}.${property}`)) code = code === '{s' ? '{q' : 'q';
    fields[baseName] = needed ? `${code}!` : code;
  }
}

for (const root of ALL_ROOTS) collect(root);
const sorted = (record) =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
const lines = (record) =>
  `{\n${Object.entries(sorted(record))
    .map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)
    .join(',\n')}\n}\n`;
writeFileSync('server/api/schema/schema.generated.json', lines(types));
console.log(`${Object.keys(types).length} types`);
