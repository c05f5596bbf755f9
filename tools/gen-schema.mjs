// Makes server/api/schema/generated/ from the types of @kubernetes/client-node: types.json (what fields there are, of
// what type, and which must be there) and descriptions.json (what they say about themselves). The build runs it, and
// jest before any test; it writes nothing while dependency and generator are those of the last time.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ALL_ROOTS } from './schema-roots.mjs';

const FOLDER = fileURLToPath(new URL('../server/api/schema/generated/', import.meta.url));
const SCRIPTS = ['gen-schema.mjs', 'schema-roots.mjs'];

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

/** Writes one type as a code: see server/api/schema/schema.ts. */
function encode(type, format, collect) {
  if (ANY.has(type) || type.startsWith('Array<any') || type.includes(': any;')) return '*';
  if (type === 'number') return format === 'double' ? 'n' : format === 'int64' ? 'l' : 'i';
  if (type === 'string' && format === 'byte') return 'y';
  if (type in PLAIN) return PLAIN[type];
  const array = /^Array<(.*)>$/.exec(type);
  if (array) return `[${encode(array[1], format, collect)}`;
  const map = /^\{ \[key: string\]: (.*); \}$/.exec(type);
  if (map) return `{${encode(map[1], format, collect)}`;
  collect(type);
  return type;
}

/** Texts of one declaration: of its fields by name, and under the empty name that of the type itself. */
function textsOf(declaration) {
  const texts = {};
  const pattern =
    /\/\*\*\n((?:\s*\*(?!\/)[^\n]*\n)*)\s*\*\/\s*(?:export declare class (\w+)|'([^']+)'\??:)/g;
  for (const [, comment, type, field] of declaration.matchAll(pattern)) {
    const text = comment
      .split('\n')
      .map((line) => line.replace(/^\s*\* ?/, ''))
      .join('\n')
      .replace(/\\(['"])/g, '$1')
      .trim();
    if (text !== '') texts[type === undefined ? field : ''] = text;
  }
  return texts;
}

/** Reads models: their fields from the attribute maps, required-ness and texts from the declarations. */
function readModels(folder) {
  const types = {};
  const descriptions = {};
  function collect(name) {
    if (name in types) return;
    const script = readFileSync(join(folder, `${name}.js`), 'utf8');
    const declaration = readFileSync(join(folder, `${name}.d.ts`), 'utf8');
    const attributes = JSON.parse(/attributeTypeMap = (\[[\s\S]*?\n\]|\[\]);/.exec(script)[1]);
    const texts = textsOf(declaration);
    const fields = {};
    types[name] = fields;
    descriptions[name] = texts[''] === undefined ? {} : { '': texts[''] };
    for (const { name: property, baseName, type, format } of attributes) {
      const needed = new RegExp(`'${property.replace('$', '\\$')}': `).test(declaration);
      let code = encode(type, format, collect);
      if (QUANTITIES.has(`${name}.${property}`)) code = code === '{s' ? '{q' : 'q';
      fields[baseName] = needed ? `${code}!` : code;
      if (texts[property] !== undefined) descriptions[name][baseName] = texts[property];
    }
  }
  for (const root of ALL_ROOTS) collect(root);
  return { types, descriptions };
}

function lines(record) {
  const entries = Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{\n${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',\n')}\n}\n`;
}

/** What the files were made from: the dependency's version and these scripts. */
function stampOf(client) {
  const hash = createHash('sha256').update(readFileSync(join(client, '../package.json')));
  for (const script of SCRIPTS)
    hash.update(readFileSync(fileURLToPath(new URL(script, import.meta.url))));
  return `${hash.digest('hex')}\n`;
}

/** Writes beside, then moves: runs that overlap leave whole files. */
function write(name, text) {
  const beside = join(FOLDER, `${name}.${process.pid}`);
  writeFileSync(beside, text);
  renameSync(beside, join(FOLDER, name));
}

/** Makes the files, unless they are there and fresh. */
export function ensureSchema() {
  const client = dirname(createRequire(import.meta.url).resolve('@kubernetes/client-node'));
  const stamp = stampOf(client);
  const stampFile = join(FOLDER, 'stamp');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
  const { types, descriptions } = readModels(join(client, 'gen/models'));
  mkdirSync(FOLDER, { recursive: true });
  write('types.json', lines(types));
  write('descriptions.json', lines(descriptions));
  write('stamp', stamp);
}
