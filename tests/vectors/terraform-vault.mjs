// Writes tests/vectors/terraform-vault.json: what arguments the Terraform provider for Vault has, of the resources that `env-kvstore
// generate terraform` uses, in the form of terraform-aws.json. The npm package @cdktf/provider-vault is generated from the provider's
// schema. It does not say of an argument that can be left out whether the provider then chooses it.
//
//     node tests/vectors/terraform-vault.mjs > tests/vectors/terraform-vault.json
//
// Downloads 3 MB. The tests read the JSON file alone.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const PACKAGE = '@cdktf/provider-vault@15.6.1';
const RESOURCES = ['jwt-auth-backend', 'jwt-auth-backend-role', 'policy'];
/** Of the provider's own configuration. */
const PROVIDER = { address: { type: 'string', optional: true }, namespace: { type: 'string', optional: true } };
/** The types of HCL by those of the package. */
const SCALARS = { string: 'string', boolean: 'bool', number: 'number' };

const folder = mkdtempSync(path.join(tmpdir(), 'terraform-vault-'));
try {
  const packed = execFileSync('npm', ['pack', PACKAGE, '--silent', '--pack-destination', folder], { encoding: 'utf8' }).trim();
  execFileSync('tar', ['xzf', path.join(folder, packed), '-C', folder]);
  const { version, license, cdktf } = JSON.parse(readFileSync(path.join(folder, 'package/package.json'), 'utf8'));
  const vector = {
    from: { package: '@cdktf/provider-vault', version, license, provider: cdktf.provider },
    provider: { attributes: PROVIDER, blocks: {} },
    resources: Object.fromEntries(RESOURCES.map((name) => [`vault_${name.replaceAll('-', '_')}`, schemaOf(name)])),
    data_sources: {},
  };
  console.log(JSON.stringify(vector, null, 2));
} finally {
  rmSync(folder, { recursive: true });
}

/** The last class of a file is the resource. Blocks are left out: no generated module has one. */
function schemaOf(name) {
  const read = (file) => readFileSync(path.join(folder, 'package/lib', name, file), 'utf8');
  const written = read('index.js').split(/^class /m).at(-1);
  const entry = /^ *(\w+): \{\s+value: .*\s+isBlock: false,\s+type: "(\w+)",\s+storageClassType: "(\w+)",/gm;
  const required = new Set([...read('index.d.ts').matchAll(/readonly (\w+): [^;]+;/g)].map(([, property]) => property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)));
  const attributes = [...written.matchAll(entry)].map(([, attribute, kind, of]) => {
    const type = SCALARS[of] ?? (kind === 'map' ? ['map', 'string'] : [kind, 'string']);
    return [attribute, { type, ...(required.has(attribute) ? { required: true } : { optional: true, ...(attribute === 'id' && { computed: true }) }) }];
  });
  return { attributes: Object.fromEntries(attributes) };
}
