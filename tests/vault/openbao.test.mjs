// A step that reads from Vault, as the runner starts it, against a real OpenBao.
//
// `NODE_UNDER_TEST=/path/to/node node --test tests/vault/openbao.test.mjs` runs the bundle on another Node.

import assert from 'node:assert/strict';
import https from 'node:https';
import { describe, test } from 'node:test';
import { newSigningKey } from '../cloud/jwt.mjs';
import { assertNothingExported } from '../runner/step.mjs';
import { CANARY, addRole, cloud, githubPem, newOpenBao, pemOf, run } from './jobs.mjs';
import { trustGitHub } from './openbao.mjs';

const TOGETHER = { concurrency: 4 };
const ENTRY = 'secret/data/ci token | TOKEN';

const bao = await newOpenBao();
await addRole(bao, 'deploy');
await bao.does('POST', 'secret/data/ci', { data: { token: `${CANARY}-1` } });
await bao.does('POST', 'secret/data/ci', {
  data: {
    token: `${CANARY}-2`,
    'db.user': `${CANARY}-user`,
    'my-key': `${CANARY}-key`,
    nested: { a: { b: `${CANARY}-deep` } },
    json: JSON.stringify({ x: { y: `${CANARY}-in-text` } }),
    lines: `${CANARY} one\n${CANARY} two\n`,
  },
});
await bao.does('POST', 'kv1/ci', { token: `${CANARY}-kv1`, data: `${CANARY}-named-data` });

/** How many tokens of logins there are. */
async function accessors() {
  const { body } = await bao.call('LIST', 'auth/token/accessors');
  return new Set(body.data.keys);
}

function succeeded(step, env) {
  assert.equal(step.exitCode, 0, step.log.join('\n'));
  assert.deepEqual(step.env, env);
  return step.log.join('\n');
}

function failed(step, code, reason) {
  const log = step.log.join('\n');
  assert.equal(step.exitCode, 1, log);
  assert.deepEqual(log.match(/^Error: [\w-]+: /gm), [`Error: ${code}: `], log);
  assert.match(log, reason);
  assertNothingExported(step, code);
}

describe('values', TOGETHER, () => {
  test('of both versions of the engine, in vault-action\'s notation', async () => {
    const entries = `
      # what this job needs
      secret/data/ci token | TOKEN ;
      secret/data/ci?version=1 token | OLD_TOKEN ;
      secret/data/ci nested.a.b | DEEP ; secret/data/ci json.x.y | IN_TEXT ;
      secret/data/ci "db.user" | DB_USER ;
      secret/data/ci my-key ;
      secret/data/ci nested ;
      kv1/ci token | KV1 ; kv1/ci data | NAMED_DATA`;
    const step = await run({ bao, inputs: { 'vault-secrets': entries } });
    const log = succeeded(step, {
      TOKEN: `${CANARY}-2`,
      OLD_TOKEN: `${CANARY}-1`,
      DEEP: `${CANARY}-deep`,
      IN_TEXT: `${CANARY}-in-text`,
      DB_USER: `${CANARY}-user`,
      MYKEY: `${CANARY}-key`,
      NESTED: `{"a":{"b":"${CANARY}-deep"}}`,
      KV1: `${CANARY}-kv1`,
      NAMED_DATA: `${CANARY}-named-data`,
    });
    assert.match(log, /Read secret\/data\/ci\?version=1 \(version 1\)/);
    for (const value of [...Object.values(step.env), `${CANARY}-deep`]) {
      assert.ok(!step.masker.mask(`x${value}y`).includes(CANARY), value.replaceAll(CANARY, '…'));
    }
    assert.match(step.summary, /### Values from Vault[^]*\| `OLD_TOKEN` \| secret \| secret: `secret\/data\/ci\?version=1` \| `1` \| yes \|/);
    assert.equal(step.outputs['values-loaded'], '9');
  });

  test('of every key, in capitals and as they are, with a prefix', async () => {
    const step = await run({ bao, inputs: { 'vault-secrets': 'secret/data/ci * ; kv1/ci ** | kv_', 'export-env': 'false', 'export-outputs': 'true' } });
    succeeded(step, {});
    const { 'values-loaded': count, 'aws-account-id': account, 'role-session-name': session, ...values } = step.outputs;
    assert.deepEqual([count, account, session], ['8', '', '']);
    assert.deepEqual(Object.keys(values).toSorted(), ['DB__USER', 'JSON', 'LINES', 'MYKEY', 'NESTED', 'TOKEN', 'kv_data', 'kv_token']);
    assert.equal(values.LINES, `${CANARY} one\n${CANARY} two\n`);
  });

  test('that are numbers come as Vault rewrites them, which is said once', async () => {
    await raw('secret/data/numbers', '{"data":{"a":1.10,"b":12345678901234567890123,"c":7,"d":"1.10"}}');
    const step = await run({ bao, inputs: { 'vault-secrets': 'secret/data/numbers *' } });
    assert.equal(step.exitCode, 0, step.log.join('\n'));
    assert.deepEqual([step.env.C, step.env.D], ['7', '1.10']);
    const notices = step.commands.filter(({ command }) => command === 'notice').map(({ data }) => data ?? '');
    assert.equal(notices.length, 1);
    assert.match(step.log.join('\n'), /A, B: Vault's KV engine of version 2 rewrites numbers/);
  });

  test('that are missing are named with what may be meant', async () => {
    const step = await run({ bao, inputs: { 'vault-secrets': 'secret/data/ci tokn | A ; secret/data/ci db.user | B ; secret/data/ci gone | C' } });
    failed(step, 'key-missing', /A: no key `tokn` in secret\/data\/ci; did you mean `token`\?/);
    assert.match(step.log.join('\n'), /B: .*write `"db.user"`, in quotation marks[^]*C: no key `gone`/);
  });
});

/** JSON as it is written: what JavaScript makes of a number is not what a person wrote. */
async function raw(at, text) {
  const headers = { 'x-vault-token': bao.rootToken, 'content-type': 'application/json' };
  await new Promise((resolve, reject) => {
    const request = https.request(`${bao.url}/v1/${at}`, { method: 'POST', ca: bao.certificate, headers, agent: false }, (response) => {
      response.resume().on('end', () => (response.statusCode < 300 ? resolve() : reject(new Error(`${at}: ${response.statusCode}`))));
    });
    request.on('error', reject).end(text);
  });
}

describe('the token', () => {
  test('is revoked at the end, whether values were read or not', async () => {
    const before = await accessors();
    succeeded(await run({ bao, inputs: { 'vault-secrets': ENTRY } }), { TOKEN: `${CANARY}-2` });
    failed(await run({ bao, inputs: { 'vault-secrets': 'secret/data/none token | TOKEN' } }), 'vault-secret-not-found', /secret\/data\/none/);
    assert.deepEqual(await accessors(), before);
  });

  test('is left where it is a batch token', async () => {
    await addRole(bao, 'batch', { token_type: 'batch' });
    const log = succeeded(await run({ bao, inputs: { 'vault-role': 'batch', 'vault-secrets': ENTRY } }), { TOKEN: `${CANARY}-2` });
    assert.match(log, /for 300 seconds, a batch token/);
    assert.doesNotMatch(log, /not revoked/);
  });

  test('is exported, masked and valid if that is asked for', async () => {
    const step = await run({ bao, inputs: { 'vault-secrets': ENTRY, 'export-vault-token': 'true' } });
    const { VAULT_TOKEN: token, ...others } = step.env;
    succeeded({ ...step, env: others }, { TOKEN: `${CANARY}-2` });
    assert.equal(step.masker.mask(token), '***');
    const lookup = await bao.call('GET', 'auth/token/lookup-self', undefined, { 'x-vault-token': token });
    assert.equal(lookup.body.data.meta.role, 'deploy');
    await bao.does('POST', 'auth/token/revoke', { token });
  });

  test('that may not revoke itself is told of, and the values are there', async () => {
    await addRole(bao, 'bare', { token_no_default_policy: true });
    const log = succeeded(await run({ bao, inputs: { 'vault-role': 'bare', 'vault-secrets': ENTRY } }), { TOKEN: `${CANARY}-2` });
    assert.match(log, /The Vault token was not revoked, and ends in 300 seconds: .*permission denied/);
  });
});

describe('a login is refused', TOGETHER, () => {
  const refusals = {
    'for another audience': [{ inputs: { 'vault-audience': 'https://elsewhere' } }, 'vault-audience-refused', /audience, https:\/\/elsewhere[^]*`bound_audiences`/],
    'in another environment': [{ claims: { environment: 'dev' } }, 'vault-claim-refused', /`environment` than this job's, `dev`/],
    'in another repository': [{ claims: { repository: 'octo-org/other' } }, 'vault-claim-refused', /`repository` than this job's, `octo-org\/other`/],
    'outside an environment': [{ claims: { environment: undefined } }, 'vault-claim-missing', /`environment`, which this job's token does not have/],
    'by a role that does not exist': [{ inputs: { 'vault-role': 'nobody' } }, 'vault-role-not-found', /vault list auth\/jwt\/role/],
    'at a path without an auth method': [{ inputs: { 'vault-auth-path': 'github' } }, 'vault-auth-not-found', /auth\/github/],
    'in a namespace that does not exist': [{ inputs: { 'vault-namespace': 'nowhere' } }, 'vault-auth-not-found', /namespace not found/],
  };
  for (const [what, [job, code, reason]] of Object.entries(refusals)) {
    test(what, async () => {
      failed(await run({ bao, ...job, inputs: { 'vault-secrets': ENTRY, ...job.inputs } }), code, reason);
    });
  }

  test('by a bound subject', async () => {
    await addRole(bao, 'subject', { bound_subject: 'repo:octo-org/octo-repo:ref:refs/heads/main' });
    const step = await run({ bao, inputs: { 'vault-role': 'subject', 'vault-secrets': ENTRY } });
    failed(step, 'vault-claim-refused', /`sub` than this job's, `repo:octo-org\/octo-repo:environment:production`/);
  });

  test('where Vault has other keys, or another issuer', async () => {
    await trustGitHub(bao, { issuer: cloud.issuer, pem: pemOf(await newSigningKey()), at: 'other-keys' });
    await addRole(bao, 'deploy-keys', { at: 'other-keys' });
    const inputs = { 'vault-auth-path': 'other-keys', 'vault-role': 'deploy-keys', 'vault-secrets': ENTRY };
    failed(await run({ bao, inputs }), 'vault-token-refused', /no known key/);
    await trustGitHub(bao, { issuer: 'https://elsewhere.example', pem: githubPem, at: 'other-issuer' });
    await addRole(bao, 'deploy-issuer', { at: 'other-issuer' });
    const step = await run({ bao, inputs: { ...inputs, 'vault-auth-path': 'other-issuer', 'vault-role': 'deploy-issuer' } });
    failed(step, 'vault-token-refused', /invalid issuer/);
  });

  test('where Vault cannot reach the issuer, after other attempts', async () => {
    await bao.does('POST', 'sys/auth/unreachable', { type: 'jwt' });
    await bao.does('POST', 'auth/unreachable/config', { jwks_url: 'https://127.0.0.1:1/jwks', skip_jwks_validation: true, bound_issuer: cloud.issuer });
    await addRole(bao, 'deploy-unreachable', { at: 'unreachable' });
    const inputs = { 'vault-auth-path': 'unreachable', 'vault-role': 'deploy-unreachable', 'vault-secrets': ENTRY };
    failed(await run({ bao, inputs }), 'vault-issuer-unreachable', /fetching keys oidc.*tried 3 times/);
  });
});

describe('a read is refused', TOGETHER, () => {
  const refusals = {
    'of a secret that never existed': ['secret/data/none a | A', 'vault-secret-not-found', /no secret at this path/],
    'of a version that never existed': ['secret/data/ci?version=99 token | A', 'vault-secret-not-found', /\?version=99/],
    'of version 1 with a path of version 2': ['kv1/data/ci token | A', 'vault-secret-not-found', /has no `data\/` in its paths/],
    'that no policy allows': ['cubby/ci token | A', 'vault-access-denied', /No policy of the role deploy \(policies default, deploy\)/],
    'of version 2 without data/': ['secret/ci token | A', 'vault-access-denied', /`secret\/data\/ci`/],
  };
  for (const [what, [entry, code, reason]] of Object.entries(refusals)) {
    test(what, async () => failed(await run({ bao, inputs: { 'vault-secrets': entry } }), code, reason));
  }

  test('of a version that was deleted, or destroyed', async () => {
    for (const token of ['a', 'b', 'c']) await bao.does('POST', 'secret/data/gone', { data: { token } });
    await bao.does('POST', 'secret/delete/gone', { versions: [1] });
    await bao.does('PUT', 'secret/destroy/gone', { versions: [2] });
    const read = (version) => run({ bao, inputs: { 'vault-secrets': `secret/data/gone?version=${version} token | A` } });
    failed(await read(1), 'vault-secret-deleted', /HTTP 404 deletion_time: 20\d\d-[^]*vault kv undelete/);
    failed(await read(2), 'vault-secret-deleted', /destroyed, for good/);
    succeeded(await read(3), { A: 'c' });
  });

  test('at paths where nothing is read', async () => {
    await addRole(bao, 'wide', { policy: 'path "*" { capabilities = ["read"] }' });
    const read = (entry) => run({ bao, inputs: { 'vault-role': 'wide', 'vault-secrets': entry } });
    failed(await read('secret/ci token | A'), 'vault-path-wrong', /Invalid path for a versioned K\/V[^]*`secret\/data\/ci`/);
    failed(await read('nothing/here token | A'), 'vault-path-wrong', /no secrets engine at this path/);
    failed(await read('secret/undelete/ci token | A'), 'vault-path-wrong', /cannot be read/);
  });

  test('by a templated policy whose value has a slash, unless the policy allows it', async () => {
    const { body } = await bao.call('GET', 'sys/auth');
    const { accessor } = body['jwt/'] ?? body.data['jwt/'];
    const policy = `path "secret/data/{{identity.entity.aliases.${accessor}.name}}/*" { capabilities = ["read"] }`;
    await addRole(bao, 'templated', { policy });
    await bao.does('POST', 'secret/data/octo-org/octo-repo/ci', { data: { token: `${CANARY}-own` } });
    const inputs = { 'vault-role': 'templated', 'vault-secrets': 'secret/data/octo-org/octo-repo/ci token | TOKEN' };
    failed(await run({ bao, inputs }), 'vault-policy-refused', /allow_slashes_in_identity_templates/);
    await bao.does('POST', 'sys/policies/acl/templated', { policy, allow_slashes_in_identity_templates: true });
    succeeded(await run({ bao, inputs }), { TOKEN: `${CANARY}-own` });
  });

  test('together with all others, and nothing is exported', async () => {
    const entries = `${ENTRY} ; secret/data/none a | A ; cubby/x b | B`;
    const step = await run({ bao, inputs: { 'vault-secrets': entries } });
    failed(step, step.log.join('\n').match(/^Error: ([\w-]+)/m)[1], /secret\/data\/none[^]*cubby\/x|cubby\/x[^]*secret\/data\/none/);
  });
});

describe('the certificate', TOGETHER, () => {
  test('of Vault\'s CA is trusted for Vault, as PEM and in Base64', async () => {
    const base64 = Buffer.from(bao.certificate).toString('base64');
    succeeded(await run({ bao, inputs: { 'vault-secrets': ENTRY, 'vault-ca-certificate': base64 } }), { TOKEN: `${CANARY}-2` });
  });

  test('is needed where the machine does not trust it, and no other will do', async () => {
    const without = await run({ bao, inputs: { 'vault-secrets': ENTRY, 'vault-ca-certificate': '' } });
    failed(without, 'tls-not-trusted', /`vault-ca-certificate`/);
    const other = await newOpenBao();
    const step = await run({ bao, inputs: { 'vault-secrets': ENTRY, 'vault-ca-certificate': other.certificate } });
    failed(step, 'tls-not-trusted', /certificate not trusted/);
  });

  test('that is none is a wrong input', async () => {
    const broken = bao.certificate.replace(/\n[^-]+\n-/, '\nQUJD\n-');
    failed(await run({ bao, inputs: { 'vault-secrets': ENTRY, 'vault-ca-certificate': broken } }), 'invalid-input', /vault-ca-certificate: is not a certificate/);
  });
});

test('a namespace of OpenBao is where the login and the secrets are', async () => {
  await bao.does('POST', 'sys/namespaces/team');
  const inTeam = { 'x-vault-namespace': 'team' };
  await bao.does('POST', 'sys/auth/jwt', { type: 'jwt' }, inTeam);
  await bao.does('POST', 'auth/jwt/config', { bound_issuer: cloud.issuer, jwt_validation_pubkeys: [githubPem] }, inTeam);
  await bao.does('POST', 'sys/mounts/secret', { type: 'kv', options: { version: '2' } }, inTeam);
  await bao.does('POST', 'secret/data/ci', { data: { token: `${CANARY}-team` } }, inTeam);
  await addRole(bao, 'deploy', { namespace: 'team' });
  const inputs = { 'vault-namespace': 'team/', 'vault-secrets': ENTRY };
  succeeded(await run({ bao, inputs }), { TOKEN: `${CANARY}-team` });
  const step = await run({ bao, inputs: { ...inputs, 'vault-secrets': 'secret/data/none a | A' } });
  failed(step, 'vault-secret-not-found', /Community Edition has no namespaces and ignores it/);
});

test('a quota is waited for, and then named', async () => {
  const other = await newOpenBao();
  await addRole(other, 'deploy');
  await other.does('POST', 'secret/data/ci', { data: { token: `${CANARY}-2` } });
  await other.does('POST', 'sys/quotas/rate-limit/ci', { path: 'secret/', rate: 0.001, interval: '1000s', type: 'rate-limit' });
  succeeded(await run({ bao: other, inputs: { 'vault-secrets': ENTRY } }), { TOKEN: `${CANARY}-2` });
  failed(await run({ bao: other, inputs: { 'vault-secrets': ENTRY } }), 'throttled', /rate limit quota exceeded.*tried 3 times/);
});

test('a sealed server is named', async () => {
  const sealed = await newOpenBao();
  await addRole(sealed, 'deploy');
  await sealed.does('PUT', 'sys/seal');
  failed(await run({ bao: sealed, inputs: { 'vault-secrets': ENTRY } }), 'vault-sealed', /tried 3 times[^]*unseal/);
});

test('a step meant for vault-action is told our names of its inputs', async () => {
  const inputs = { url: bao.url, role: 'deploy', method: 'jwt', jwtGithubAudience: bao.url, caCertificate: 'x', secrets: `${ENTRY} ;`, 'vault-role': '' };
  const step = await run({ inputs });
  failed(step, 'invalid-input', /- url: is an input of vault-action: here it is `vault-url`/);
  assert.match(step.log.join('\n'), /- secrets: is in Vault's notation[^]*`vault-secrets`/);
  assert.match(step.log.join('\n'), /- jwtGithubAudience: .*`vault-audience`/);
});
