// Writes tests/vectors/terraform-aws.json: what arguments and attributes the Terraform provider for AWS has, of the resources that
// `env-kvstore generate terraform` uses. The provider itself comes from no registry that a build may reach; the npm package
// @cdktn/provider-aws is generated from its schema, and says the same.
//
//     node tests/vectors/terraform-aws.mjs > tests/vectors/terraform-aws.json
//
// Downloads 46 MB. The tests read the JSON file alone.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const PACKAGE = '@cdktn/provider-aws@25.7.0';
const RESOURCES = ['cognito-identity-pool', 'cognito-identity-pool-provider-principal-tag', 'iam-openid-connect-provider', 'iam-role', 'iam-role-policy', 'secretsmanager-secret'];
const DATA_SOURCES = ['data-aws-caller-identity', 'data-aws-iam-openid-connect-provider', 'data-aws-region'];
/** The provider's own configuration has much about credentials that no test needs. */
const OF_THE_PROVIDER = ['allowed_account_ids', 'default_tags', 'region'];

/** The types of HCL by those of the package: a map of texts is the only map. */
const SCALARS = { string: 'string', boolean: 'bool', number: 'number' };

const folder = mkdtempSync(path.join(tmpdir(), 'terraform-aws-'));
try {
  const packed = execFileSync('npm', ['pack', PACKAGE, '--silent', '--pack-destination', folder], { encoding: 'utf8' }).trim();
  execFileSync('tar', ['xzf', path.join(folder, packed), '-C', folder]);
  const { version, license, cdktn } = JSON.parse(readFileSync(path.join(folder, 'package/package.json'), 'utf8'));
  const vector = {
    from: { package: '@cdktn/provider-aws', version, license, provider: cdktn.provider },
    provider: only(schemaOf('provider'), OF_THE_PROVIDER),
    resources: Object.fromEntries(RESOURCES.map((name) => [terraformName(name), schemaOf(name)])),
    data_sources: Object.fromEntries(DATA_SOURCES.map((name) => [terraformName(name), schemaOf(name)])),
  };
  console.log(JSON.stringify(vector, null, 2));
} finally {
  rmSync(folder, { recursive: true });
}

function sourceOf(name) {
  return readFileSync(path.join(folder, 'package/lib', name, 'index.js'), 'utf8');
}

function terraformName(name) {
  return /static tfResourceType = "(\w+)"/.exec(sourceOf(name))[1];
}

/** The last class of a file is the resource; those before it are its blocks. */
function schemaOf(name) {
  const source = sourceOf(name);
  const classes = source.split(/^class /m).slice(1);
  return schema(classes.at(-1), writtenAttributes(classes.at(-1)), source);
}

/**
 * `text` is a class, whose comments say who sets an attribute; `written` are those that can be written, with their types. The type of
 * one that can only be read is in its getter.
 */
function schema(text, written, source) {
  const [attributes, blocks] = [{}, {}];
  const pieces = text.split(/^ *\/\/ (?=\w+ - computed: )/m).slice(1);
  for (const piece of pieces) {
    const [, name, computed, optional, required] = /^(\w+) - computed: (\w+), optional: (\w+), required: (\w+)/.exec(piece);
    const flags = { ...(required === 'true' && { required: true }), ...(optional === 'true' && { optional: true }), ...(computed === 'true' && { computed: true }) };
    const { isBlock, kind, of } = written[name] ?? { isBlock: false, ...readType(piece) };
    if (isBlock) blocks[name] = { kind, ...block(of, source) };
    else attributes[name] = { type: SCALARS[of] ?? (kind === 'map' ? ['map', 'string'] : [kind, 'string']), ...flags };
  }
  return { attributes, ...(Object.keys(blocks).length > 0 && { blocks }) };
}

/** `name: { value: …, isBlock: …, type: …, storageClassType: … }` of what the package writes. */
function writtenAttributes(text) {
  const entry = /^ *(\w+): \{\s+value: .*\s+isBlock: (\w+),\s+type: "(\w+)",\s+storageClassType: "(\w+)",/gm;
  return Object.fromEntries([...text.matchAll(entry)].map(([, name, isBlock, kind, of]) => [name, { isBlock: isBlock === 'true', kind, of }]));
}

function readType(piece) {
  const [, isSet, of] = /return (cdktn\.Fn\.tolist\()?this\.get(\w+)Attribute\(/.exec(piece);
  if (of === 'List') return { kind: isSet ? 'set' : 'list', of: 'stringList' };
  return of === 'StringMap' ? { kind: 'map', of: 'stringMap' } : { kind: 'simple', of: of.toLowerCase() };
}

function block(listName, source) {
  const name = listName.replace(/List$/, '');
  const classText = source.split(/^class /m).find((text) => text.startsWith(`${name}OutputReference `));
  const functionText = new RegExp(`^function ${name}ToHclTerraform\\([^]*?^}`, 'im').exec(source)[0];
  const written = writtenAttributes(functionText);
  if (classText) return schema(classText, written, source);
  const optional = ([attribute, { kind, of }]) => [attribute, { type: SCALARS[of] ?? [kind, 'string'], optional: true }];
  return { attributes: Object.fromEntries(Object.entries(written).map(optional)) };
}

function only({ attributes, blocks }, names) {
  const chosen = (all) => Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)));
  return { attributes: chosen(attributes), blocks: chosen(blocks) };
}
