// What each input of action.yml does, and that a job with a wrong one asks nobody for anything.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { describe, test } from 'node:test';
import { jobClient } from '../cloud/job.mjs';
import { enhancedFlowTrust, webIdentityTrust, withTokenExchange } from '../cloud/setup.mjs';
import { homeFolder } from '../runner/home-folder.mjs';
import { MAIN } from '../runner/step.mjs';
import {
  addPool,
  addReader,
  addRole,
  areOfTheRole,
  CANARY,
  cloud,
  everything,
  failed,
  keysIn,
  newCloud,
  newRepository,
  nextNumber,
  ownCloud,
  readmeTrust,
  run,
  settings,
  storesAskedFor,
  storesOf,
  STS,
  succeeded,
  tagsOf,
  TOGETHER,
} from './jobs.mjs';

const TO_BUCKET = {
  'migrate-to': 'bucket',
  'migrate-age-recipient': 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p',
  'migrate-s3-bucket': 'migration',
};

/** For jobs with wrong inputs: it keeps what it was asked for. */
const quiet = await newCloud();

/** By input: what a user would see of it. The last test holds the names against action.yml's. */
const EFFECTS = {
  'cognito-identity-pool-id': {
    'is the pool that gives the identity': async () => {
      const { poolId, roleArn } = addPool();
      const step = await run({ inputs: { 'cognito-identity-pool-id': poolId, 'cognito-role-arn': roleArn } });
      assert.equal(step.exitCode, 0);
      assert.ok(getIds().some(({ IdentityPoolId }) => IdentityPoolId === poolId));
      // README.md's role trusts README.md's pool alone.
      failed(await run({ inputs: { 'cognito-identity-pool-id': poolId } }), 'assume-role-denied');
    },
  },
  'cognito-role-arn': {
    'is the role that is assumed': async () => {
      const roleArn = addRole();
      const step = await run({ inputs: { 'cognito-role-arn': roleArn } });
      assert.equal(step.exitCode, 0);
      assert.equal(assumed(step).RoleArn, roleArn);
      failed(await run({ inputs: { 'cognito-role-arn': `${roleArn}-none` } }), 'assume-role-denied');
    },
  },
  values: {
    'are what is loaded, and nothing else': async () => {
      const repository = newRepository({ secrets: { TOKEN: `${CANARY}-t`, OTHER: `${CANARY}-o` } });
      succeeded(await run({ repository, inputs: { values: 'MINE,secret,OTHER' } }), { MINE: `${CANARY}-o` });
    },
  },
  secrets: {
    'are values by the names and ARNs of their secrets, beside those of the stores': async () => {
      const repository = newRepository({ secrets: { TOKEN: `${CANARY}-t` } });
      const { name, arn } = cloud.putSecret(`shared/${nextNumber()}`, { key: `${CANARY}-s`, plain: true });
      const inputs = {
        secrets: `# shared\nWHOLE=${name}\nKEY = ${arn}:key\n\nPLAIN=${arn.slice(0, -7)}:plain::`,
        'cognito-role-arn': addRole(),
      };
      const expected = { WHOLE: `{"key":"${CANARY}-s","plain":true}`, KEY: `${CANARY}-s`, PLAIN: 'true' };
      const step = await run({ repository, inputs });
      succeeded(step, { TOKEN: `${CANARY}-t`, ...expected });
      assert.equal(step.outputs['values-loaded'], '4');
      const alone = await run({ repository, inputs: { ...inputs, values: '' } });
      succeeded(alone, expected);
      assert.equal(storesAskedFor(repository).length, 2, 'the first job alone has read stores');
    },
  },
  namespace: {
    'is the first part of the names of stores': async () => {
      const repository = newRepository({});
      cloud.putSecret(`platform/team/repo/${repository}/secrets`, { TOKEN: `${CANARY}-platform` });
      const inputs = { namespace: 'platform/team', 'cognito-role-arn': addRole() };
      succeeded(await run({ repository, inputs }), { TOKEN: `${CANARY}-platform` });
    },
    'is, if left out, the claim enterprise, or else the owner of the repository': async () => {
      const { poolId, roleArn, issuer } = addPool({ Url: cloud.url });
      const repository = newRepository({ secrets: { TOKEN: `${CANARY}-enterprise` } });
      cloud.putSecret(`octo-org/repo/${repository}/secrets`, { TOKEN: `${CANARY}-owner` });
      const inputs = {
        'cognito-identity-pool-id': poolId,
        'cognito-role-arn': roleArn,
        'github-enterprise-name': '',
      };
      const enterprise = await run({ repository, inputs, claims: { iss: issuer } });
      succeeded(enterprise, { TOKEN: `${CANARY}-enterprise` });
      const owner = await run({ repository, inputs, claims: { iss: issuer, enterprise: undefined } });
      succeeded(owner, { TOKEN: `${CANARY}-owner` });
    },
  },
  'github-enterprise-name': {
    'makes the issuer that of the enterprise': async () => {
      const without = await run({ inputs: { 'github-enterprise-name': '' } });
      failed(without, 'github-token-issuer', /set `github-enterprise-name: octo-enterprise`/);
      const other = await run({ inputs: { 'github-enterprise-name': 'other' } });
      failed(other, 'github-token-issuer', /\/octo-enterprise, expected http:\S+\/other$/m);
    },
    'names the stores where no claim does': async () => {
      const repository = newRepository({ secrets: { TOKEN: `${CANARY}-t` } });
      const inputs = { 'cognito-role-arn': addRole() };
      const step = await run({ repository, inputs, claims: { enterprise: undefined } });
      succeeded(step, { TOKEN: `${CANARY}-t` });
    },
  },
  'oidc-issuer': {
    'is the issuer of a GitHub Enterprise Server, with keys of its own': async () => {
      const { poolId, roleArn, issuer } = addPool({ Url: `${cloud.url}/_services/token` });
      const inputs = {
        'oidc-issuer': issuer,
        'github-enterprise-name': '',
        'cognito-identity-pool-id': poolId,
        'cognito-role-arn': roleArn,
      };
      const step = await run({ inputs, claims: { iss: issuer } });
      assert.equal(step.exitCode, 0, step.log.join('\n'));
      const jwks = cloud.requests.filter(({ operation }) => operation === 'JWKS').map(({ detail }) => detail.path);
      assert.ok(jwks.includes('/_services/token/.well-known/jwks'));
    },
  },
  audience: {
    'is what the token is requested for': async () => {
      const { poolId, roleArn } = addPool({ ClientIDList: ['our-audience'] });
      const inputs = {
        audience: 'our-audience',
        'cognito-identity-pool-id': poolId,
        'cognito-role-arn': roleArn,
      };
      const step = await run({ inputs });
      assert.equal(step.exitCode, 0, step.log.join('\n'));
      const audiences = cloud.requests.filter(({ operation }) => operation === 'GitHubToken');
      assert.ok(audiences.some(({ detail }) => detail.audience === 'our-audience'));
      failed(await run({ inputs: { ...inputs, audience: '' } }), 'issuer-not-in-identity-pool', /audience/);
    },
  },
  'github-token': {
    'is used instead of a requested one, and masked before anything else is said': async () => {
      const repository = newRepository({ secrets: { TOKEN: `${CANARY}-t` } });
      const token = cloud.mintGithubToken({ repository });
      const environment = { ACTIONS_ID_TOKEN_REQUEST_URL: undefined, ACTIONS_ID_TOKEN_REQUEST_TOKEN: undefined };
      const step = await run({ repository, environment, inputs: { 'github-token': token } });
      succeeded(step, { TOKEN: `${CANARY}-t` });
      assert.equal(step.stdout.split('\n')[0], `::add-mask::${token}`);
    },
  },
  'aws-account-id': {
    'is the account of pool and stores where it is not the role\'s': async () => {
      const account = '222222222222';
      const { poolId, roleArn } = addPool({ AccountId: account });
      const repository = newRepository({});
      cloud.putSecret(`${storesOf(repository)}/secrets`, { TOKEN: `${CANARY}-2` }, { account, ...openTo(roleArn) });
      const inputs = {
        'aws-account-id': account,
        'cognito-identity-pool-id': poolId,
        'cognito-role-arn': roleArn,
      };
      const step = await run({ repository, claims: { environment: undefined }, inputs });
      succeeded(step, { TOKEN: `${CANARY}-2` });
      assert.equal(step.outputs['aws-account-id'], cloud.setup.accountId);
      assert.ok(getIds().some((id) => id.IdentityPoolId === poolId && id.AccountId === account));
      const ownAccount = await run({ repository, inputs: { ...inputs, 'aws-account-id': '' } });
      failed(ownAccount, 'identity-pool-not-found');
    },
  },
  'aws-region': {
    'is the region of the stores where it is not the pool\'s': async () => {
      const repository = newRepository({});
      cloud.putSecret(`${storesOf(repository)}/secrets`, { TOKEN: `${CANARY}-eu` }, { region: 'eu-west-1' });
      const inputs = { 'aws-region': 'eu-west-1', 'cognito-role-arn': addRole() };
      succeeded(await run({ repository, inputs }), { TOKEN: `${CANARY}-eu` });
      failed(await run({ repository, inputs: { ...inputs, 'aws-region': '' } }), 'store-not-found');
    },
  },
  'cognito-account-id': {
    'is the account of the pool alone': async () => {
      const { poolId, roleArn } = addPool({ AccountId: '444444444444' });
      const inputs = {
        'cognito-account-id': '444444444444',
        'cognito-identity-pool-id': poolId,
        'cognito-role-arn': roleArn,
      };
      const step = await run({ inputs });
      assert.equal(step.exitCode, 0, step.log.join('\n'));
      assert.ok(getIds().some((id) => id.IdentityPoolId === poolId && id.AccountId === '444444444444'));
      assert.equal(step.outputs['aws-account-id'], cloud.setup.accountId);
    },
  },
  'cognito-region': {
    'is where Cognito and STS are called, while the stores stay in the region of the pool': async (t) => {
      const asked = new Set();
      const proxy = createServer().on('connect', ({ url }, socket) => {
        asked.add(url);
        // The step may have ended before it has read this.
        socket.on('error', () => {});
        socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      });
      await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
      t.after(() => proxy.close());
      const environment = {
        AWS_ENDPOINT_URL: undefined,
        HTTPS_PROXY: `http://127.0.0.1:${proxy.address().port}`,
      };
      const step = await run({ environment, inputs: { 'cognito-region': 'eu-central-1' } });
      failed(step, 'proxy-refused', /GetId for .* at cognito-identity\.eu-central-1\.amazonaws\.com /);
      assert.deepEqual([...asked].sort(), [
        'cognito-identity.eu-central-1.amazonaws.com:443',
        'secretsmanager.us-west-2.amazonaws.com:443',
        'sts.eu-central-1.amazonaws.com:443',
      ]);
    },
  },
  'secrets-manager-account-id': {
    'is the account of the stores, whose resource policies must agree': async () => {
      const account = '333333333333';
      const repository = newRepository({});
      const [roleArn, stranger] = [addRole(), addRole()];
      cloud.putSecret(`${storesOf(repository)}/secrets`, { TOKEN: `${CANARY}-3` }, { account, ...openTo(roleArn) });
      const inputs = {
        'aws-account-id': '999999999999',
        'cognito-account-id': cloud.setup.accountId,
        'secrets-manager-account-id': account,
        'cognito-role-arn': roleArn,
      };
      const job = { repository, claims: { environment: undefined } };
      const step = await run({ ...job, inputs });
      succeeded(step, { TOKEN: `${CANARY}-3` });
      assert.equal(step.outputs['aws-account-id'], cloud.setup.accountId);
      const refused = await run({ ...job, inputs: { ...inputs, 'cognito-role-arn': stranger } });
      failed(refused, 'store-access-denied', /The secret is in account 333333333333, the role in 123456789012/);
    },
  },
  'secrets-manager-region': {
    'is the region of the stores, before aws-region': async () => {
      const repository = newRepository({});
      cloud.putSecret(`${storesOf(repository)}/secrets`, { TOKEN: `${CANARY}-ap` }, { region: 'ap-south-1' });
      const inputs = {
        'aws-region': 'eu-west-1',
        'secrets-manager-region': 'ap-south-1',
        'cognito-role-arn': addRole(),
      };
      succeeded(await run({ repository, inputs }), { TOKEN: `${CANARY}-ap` });
    },
  },
  identity: {
    'cognito-enhanced lets Cognito assume the role, under a name of its own': async () => {
      const repository = newRepository({ secrets: { TOKEN: `${CANARY}-t` } });
      const step = await run({ repository, inputs: enhanced() });
      succeeded(step, { TOKEN: `${CANARY}-t` });
      assert.equal(step.outputs['role-session-name'], 'CognitoIdentityCredentials');
      const names = askedFor('AssumeRoleWithWebIdentity').map(({ RoleSessionName }) => RoleSessionName);
      assert.ok(!names.some((name) => name.startsWith(`${step.runId}@`)));
      const refused = await run({ inputs: { identity: 'cognito-enhanced' } });
      failed(refused, 'assume-role-denied', /names the session `CognitoIdentityCredentials`/);
    },
    'cognito-enhanced needs no classic flow': async () => {
      const { poolId, roleArn } = addPool({ AllowClassicFlow: false });
      const inputs = { 'cognito-identity-pool-id': poolId, 'cognito-role-arn': roleArn };
      const step = await run({ inputs: { ...inputs, identity: 'cognito-enhanced' } });
      assert.equal(step.exitCode, 0, step.log.join('\n'));
      failed(await run({ inputs }), 'classic-flow-disabled');
    },
    'web-identity shows the GitHub token to STS, whose trust policy asks for its claims': async () => {
      const repository = newRepository({ secrets: { TOKEN: `${CANARY}-t` } });
      const { inputs, environment } = webIdentity({ repository });
      const step = await run({ repository, environment, inputs });
      succeeded(step, { TOKEN: `${CANARY}-t` });
      assert.equal(assumed(step).RoleArn, inputs['cognito-role-arn']);
      const audiences = askedFor('GitHubToken').map(({ audience }) => audience);
      assert.ok(audiences.includes(STS));
      failed(await run({ environment, inputs }), 'assume-role-denied', /each condition on `\S+:\.\.\.` matches/);
    },
    'web-identity needs an OIDC provider that lists the audience': async () => {
      const { inputs, environment } = webIdentity();
      const step = await run({ environment, inputs: { ...inputs, audience: 'unlisted' } });
      failed(step, 'github-token-refused', /Incorrect token audience[\s\S]*`audience`/);
    },
    'environment reads with the credentials that are there, and asks for no token that it does not need': async () => {
      const { name } = cloud.putSecret(`shared/${nextNumber()}`, `${CANARY}-s`);
      const { inputs, environment } = environmentIdentity();
      const job = { environment: { ...environment, ACTIONS_ID_TOKEN_REQUEST_URL: undefined } };
      const step = await run({ ...job, inputs: { ...inputs, values: '', secrets: `SHARED=${name}` } });
      succeeded(step, { SHARED: `${CANARY}-s` });
      assert.deepEqual(step.outputs, { 'aws-account-id': '', 'role-session-name': '', 'values-loaded': '1' });
      // The names of stores are made of its claims.
      failed(await run({ ...job, inputs }), 'id-token-permission-missing');
      const repository = newRepository({ secrets: { TOKEN: `${CANARY}-t` } });
      succeeded(await run({ repository, environment, inputs }), { TOKEN: `${CANARY}-t` });
    },
    'environment says that the credentials are no longer valid': async () => {
      const { inputs, environment } = environmentIdentity({ durationSeconds: -1 });
      failed(await run({ inputs, environment }), 'credentials-refused', /identity: environment/);
      for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_REGION']) {
        const step = await run({ on: quiet, inputs, environment: { ...environment, [name]: undefined } });
        failed(step, 'invalid-input', new RegExp(name));
      }
    },
    'environment is refused what the policy of its role does not allow': async () => {
      const { inputs, environment } = environmentIdentity({}, cloud.setup.documents['role-policy']);
      failed(await run({ inputs, environment }), 'store-access-denied', /No policy of the environment's credentials/);
    },
  },
  // More of it: token-exchange.test.mjs
  'token-exchange-url': {
    'is where the GitHub token becomes one with session tags': async () => {
      const repository = newRepository({ secrets: { TOKEN: `${CANARY}-t` } });
      const { inputs, environment } = webIdentity();
      const job = { repository, environment, claims: { environment: undefined } };
      const exchange = { 'token-exchange-url': `${cloud.exchange.origin}/exchange?issuerId=github`, 'cognito-role-arn': withTokenExchange(cloud.setup) };
      succeeded(await run({ ...job, inputs: { ...inputs, ...exchange } }), { TOKEN: `${CANARY}-t` });
      const refused = await run({ ...job, inputs: { ...inputs, 'cognito-role-arn': exchange['cognito-role-arn'] } });
      failed(refused, 'assume-role-denied');
    },
  },
  'chain-role-arn': {
    'is assumed by the first role, reads, and has its account and tags': async () => {
      const repository = newRepository({ secrets: { TOKEN: `${CANARY}-t` } });
      const reader = addReader();
      const step = await run({ repository, inputs: { 'chain-role-arn': reader } });
      succeeded(step, { TOKEN: `${CANARY}-t` });
      const other = newRepository({ secrets: { TOKEN: `${CANARY}-t` } });
      const policy = JSON.stringify(cloud.setup.documents['role-policy']);
      const ofOther = policy.replaceAll('${aws:PrincipalTag/repository}', other);
      cloud.setup.roles[reader].policies[0].document = JSON.parse(ofOther);
      failed(await run({ repository, inputs: { 'chain-role-arn': reader } }), 'store-access-denied', new RegExp(reader));
    },
    'lets a job in whose first session has the tags that the second is asked for': async () => {
      const same = { StringEquals: { 'aws:RequestTag/repository': '${aws:PrincipalTag/repository}' } };
      const inputs = { 'chain-role-arn': addReader({ condition: same }) };
      assert.equal((await run({ inputs })).exitCode, 0);
      // A tag that the first session does not have equals nothing.
      const { poolId, roleArn } = addPool({ tagMap: tagMapWithout('repository') });
      const untagged = { 'cognito-identity-pool-id': poolId, 'cognito-role-arn': roleArn };
      const chain = { 'chain-role-arn': addReader({ first: roleArn, condition: same }) };
      failed(await run({ inputs: { ...untagged, ...chain } }), 'chain-role-denied', /repository=octo-org\/repo/);
    },
    "reads under README.md's trust policy, which takes no claim that the first session does not have": async () => {
      const { 'chain-trust-policy': trust, 'role-policy': policy } = cloud.setup.documents;
      const repository = newRepository({ secrets: { TOKEN: `${CANARY}-t` } });
      const tags = { 'chain-session-tags': 'enterprise,environment,repository,repository_id' };
      const inputs = { 'chain-role-arn': addRole({ trust, policy }), ...tags };
      succeeded(await run({ repository, inputs }), { TOKEN: `${CANARY}-t` });
      const noEnvironment = await run({ repository, inputs, claims: { environment: undefined } });
      succeeded(noEnvironment, { TOKEN: `${CANARY}-t` });
      failed(await run({ repository, inputs: { ...inputs, 'chain-session-tags': 'enterprise,repository,repository_id,ref' } }), 'chain-role-denied');
      // A first session without the tag vouches for nothing.
      const { poolId, roleArn } = addPool({ tagMap: tagMapWithout('environment') });
      const first = JSON.parse(JSON.stringify(trust).replace(cloud.setup.roleArn, roleArn));
      const unvouched = { 'cognito-identity-pool-id': poolId, 'cognito-role-arn': roleArn, ...tags };
      const chain = { 'chain-role-arn': addRole({ trust: first, policy }) };
      failed(await run({ repository, inputs: { ...unvouched, ...chain } }), 'chain-role-denied');
    },
    "reads what has the tag of the repository's id, by the tags that the second session has unless told otherwise": async () => {
      const repository = newRepository({});
      const tags = { 'github:repository_id': '1296269' };
      cloud.putSecret(`${storesOf(repository)}/secrets`, { TOKEN: `${CANARY}-t` }, { tags });
      const inputs = { 'chain-role-arn': addReader() };
      succeeded(await run({ repository, inputs }), { TOKEN: `${CANARY}-t` });
      const recycled = await run({ repository, inputs, claims: { repository_id: '4321' } });
      failed(recycled, 'store-access-denied');
    },
    'is refused where its trust policy does not name the first role, or does not exist': async () => {
      const stranger = await run({ inputs: { 'chain-role-arn': addReader({ first: addRole() }) } });
      failed(stranger, 'chain-role-denied', /HTTP 403 AccessDenied: .*sts:AssumeRole.*request id/);
      failed(await run({ inputs: { 'chain-role-arn': `${addReader()}-none` } }), 'chain-role-denied', /the role does not exist/);
    },
    'follows every identity, and caps the session at an hour': async () => {
      const chained = async ({ inputs, environment }, first) => {
        const chain = { 'chain-role-arn': addReader({ first }) };
        const step = await run({ environment, inputs: { ...inputs, ...chain, 'role-duration-seconds': '3600' } });
        assert.equal(step.exitCode, 0, step.log.join('\n'));
        assert.equal(step.outputs['role-session-name'], `${step.runId}@6dcb09b5b57875f334f61aebed695e2e4193db5e`);
      };
      const byCognito = enhanced();
      await chained({ inputs: byCognito }, byCognito['cognito-role-arn']);
      const byToken = webIdentity();
      await chained(byToken, byToken.inputs['cognito-role-arn']);
      const atHand = environmentIdentity();
      await chained(atHand, atHand.roleArn);
      const inputs = { 'chain-role-arn': addReader(), 'role-duration-seconds': '3601' };
      failed(await run({ on: quiet, inputs }), 'invalid-input', /role-duration-seconds: is 3600 at most/);
    },
  },
  'chain-session-tags': {
    'are the claims that become tags of the second session, and no others': async () => {
      const condition = { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['repository', 'actor_id'] } };
      const inputs = { 'chain-role-arn': addReader({ condition, policy: everything() }) };
      const named = await run({ inputs: { ...inputs, 'chain-session-tags': 'repository, actor_id, no_such_claim' } });
      assert.equal(named.exitCode, 0, named.log.join('\n'));
      failed(await run({ inputs }), 'chain-role-denied', /job_workflow_ref=octo-org/);
    },
    'may not hold what STS refuses': async () => {
      const inputs = { 'chain-role-arn': addReader(), 'chain-session-tags': 'actor' };
      const step = await run({ inputs, claims: { actor: 'dependabot[bot]' } });
      failed(step, 'claim-unusable', /`actor` .*chain-session-tags.*`dependabot\[bot\]`/);
    },
  },
  'chain-transitive-tag-keys': {
    'are those that no role which the second session assumes can replace': async () => {
      const reader = addReader({ policy: everything() });
      const inputs = { 'chain-role-arn': reader, values: '', 'export-aws-credentials': 'env' };
      const other = { 'Tags.member.1.Key': 'repository', 'Tags.member.1.Value': 'octo-org/other' };
      const third = { RoleArn: addReader({ first: reader }), RoleSessionName: 'third', ...other };
      const assumeThird = async (more) => {
        const step = await run({ inputs: { ...inputs, ...more } });
        assert.equal(step.exitCode, 0, step.log.join('\n'));
        const [accessKeyId, secretAccessKey, sessionToken] = ['ACCESS_KEY_ID', 'SECRET_ACCESS_KEY', 'SESSION_TOKEN'].map(
          (name) => step.env[`AWS_${name}`],
        );
        return jobClient(cloud).sts({ accessKeyId, secretAccessKey, sessionToken }, 'AssumeRole', third);
      };
      const replaced = await assumeThird({});
      assert.equal(replaced.status, 200, replaced.text);
      const { status, text } = await assumeThird({ 'chain-transitive-tag-keys': 'repository' });
      assert.equal(status, 400, text);
      assert.match(text, /conflicts with a transitive tag key/);
    },
  },
  // More of it: exported-credentials.test.mjs
  'export-aws-credentials': {
    'none keeps them inside': async (t) => {
      const home = homeFolder(t);
      const step = await run({ environment: { HOME: home.path } });
      assert.deepEqual(Object.keys(step.env), ['TOKEN']);
      assert.deepEqual(home.files(), {});
    },
    'env gives them to later steps with the region, all masked': async () => {
      const region = { 'aws-region': 'eu-west-1', 'secrets-manager-region': cloud.setup.region };
      const step = await run({ inputs: { 'export-aws-credentials': 'env', ...region } });
      assert.equal(step.exitCode, 0, step.log.join('\n'));
      const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: key, AWS_SESSION_TOKEN: token, ...others } = step.env;
      const regions = { AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-1' };
      assert.deepEqual(others, { ...regions, TOKEN: `${CANARY}-token` });
      for (const secret of [id, key, token]) assert.equal(step.masker.mask(secret), '***');
      await areOfTheRole({ id, key, token });
      assert.match(step.summary, /^Credentials of `\S+\/github-actions\/\S+` until \S+Z, in the environment\.$/m);
    },
  },
  'overwrite-aws-profile': {
    'true replaces the profile of that name but for harmless settings, and nothing of others': async (t) => {
      const home = homeFolder(t, {
        '.aws/credentials':
          '# theirs\n[other]\naws_access_key_id = AKIA1\n[ci] # old\naws_access_key_id=old\naws_session_token=old\nrole_arn = old\noutput = text',
        '.aws/config':
          '[profile ci]\r\nregion = old\r\nsource_profile = old\r\noutput = json\r\ncredential_process = old\r\n[default]\r\nregion = r',
      });
      const before = home.files();
      const inputs = { 'export-aws-credentials': 'profile:ci', values: '' };
      const environment = { HOME: home.path };
      failed(await run({ inputs, environment }), 'profile-not-written', /`ci` .*already exists/);
      assert.deepEqual(home.files(), before);
      const step = await run({ inputs: { ...inputs, 'overwrite-aws-profile': 'true' }, environment });
      succeeded(step, {});
      const { id, key, token } = keysIn(home.files()['.aws/credentials']);
      assert.deepEqual(home.files(), {
        '.aws/credentials': `# theirs\n[other]\naws_access_key_id = AKIA1\n[ci] # old\n${settings(id, key, token)}output = text`,
        '.aws/config': '[profile ci]\r\nregion = us-west-2\r\noutput = json\r\n[default]\r\nregion = r',
      });
      await areOfTheRole({ id, key, token });
    },
    'true works where both files are one, and some tools take another section for the profile': async (t) => {
      const home = homeFolder(t, { one: '[profile ci]\nrole_arn = old\noutput = json\n[ci]\ncredential_process = old\nregion = old\n' });
      const named = { AWS_CONFIG_FILE: home.at('one'), AWS_SHARED_CREDENTIALS_FILE: home.at('one') };
      const inputs = { 'export-aws-credentials': 'profile:ci', values: '', 'overwrite-aws-profile': 'true' };
      succeeded(await run({ inputs, environment: { HOME: home.path, ...named } }), {});
      const { id, key, token } = keysIn(home.files().one);
      const profile = '[profile ci]\nregion = us-west-2\noutput = json\n';
      assert.equal(home.files().one, `${profile}[ci]\n${settings(id, key, token)}region = old\n`);
      await areOfTheRole({ id, key, token });
    },
  },
  'role-session-name': {
    'is a template of claims, which the trust policy may demand': async () => {
      const trust = structuredClone(cloud.setup.documents['trust-policy']);
      trust.Statement[0].Condition.StringEquals['sts:RoleSessionName'] = 'job-${aws:RequestTag/actor_id}';
      const inputs = { 'role-session-name': 'job-{actor_id}', 'cognito-role-arn': addRole({ trust }) };
      const step = await run({ inputs });
      assert.equal(step.exitCode, 0, step.log.join('\n'));
      assert.equal(step.outputs['role-session-name'], 'job-583231');
      failed(await run({ inputs: { ...inputs, 'role-session-name': '' } }), 'assume-role-denied');
    },
    'may not be made of a claim that STS refuses or that is absent': async () => {
      const refused = await run({ inputs: { 'role-session-name': '{repository}' } });
      failed(refused, 'claim-unusable', /claim `repository` .*octo-org\/repo/);
      const absent = await run({ inputs: { 'role-session-name': '{run_id}@{nothing}' } });
      failed(absent, 'claim-unusable', /claim `nothing` of the GitHub token is absent/);
    },
  },
  'role-duration-seconds': {
    'is how long the session lives, as far as the role allows': async () => {
      const step = await run({ inputs: { 'role-duration-seconds': '1800' } });
      assert.equal(assumed(step).DurationSeconds, '1800');
      const usual = await run({});
      assert.equal(assumed(usual).DurationSeconds, '900');
      failed(await run({ inputs: { 'role-duration-seconds': '7200' } }), 'role-duration-refused');
    },
  },
  'environment-store': {
    ...environmentStoreTests(),
    'never falls back to the repository because of throttling or a fault': async (t) => {
      for (const [fault, code] of [
        [{ awsError: 'ThrottlingException' }, 'throttled'],
        [{ awsError: 'InternalServiceError', status: 500 }, 'service-fault'],
      ]) {
        const cloud = await ownCloud(t);
        cloud.fail({ operation: 'GetSecretValue', fault });
        const environment = { AWS_MAX_ATTEMPTS: '1' };
        failed(await run({ on: cloud, environment, inputs: { 'environment-store': 'optional' } }), code);
      }
    },
  },
  'export-env': {
    'false keeps the values out of the environment': async () => {
      const repository = newRepository({ secrets: { TOKEN: `${CANARY}-t` } });
      const step = await run({ repository, inputs: { 'export-env': 'false' } });
      succeeded(step, {});
      assert.equal(step.files.GITHUB_ENV, '');
      assert.equal(step.outputs['values-loaded'], '1');
      assert.equal(step.masker.mask(`${CANARY}-t`), '***');
    },
  },
  'export-outputs': {
    'true makes the values outputs of the step, and they are not otherwise': async () => {
      const repository = newRepository({ secrets: { TOKEN: `${CANARY}-t` } });
      const inputs = { 'export-outputs': 'true', 'export-env': 'false' };
      const step = await run({ repository, inputs });
      assert.equal(step.outputs.TOKEN, `${CANARY}-t`);
      assert.equal((await run({ repository })).outputs.TOKEN, undefined);
    },
  },
  'min-mask-length': {
    'is how short a line of a longer secret may be to be masked': async () => {
      const repository = newRepository({ secrets: { TOKEN: `{\nab\nabcdef\n${CANARY}-long\n}` } });
      const shown = async (length) => {
        const { masker } = await run({ repository, inputs: { 'min-mask-length': length } });
        return ['ab', 'abcdef', `${CANARY}-long`].map((line) => masker.mask(line));
      };
      assert.deepEqual(await shown(''), ['ab', '***', '***']);
      assert.deepEqual(await shown('2'), ['***', '***', '***']);
      assert.deepEqual(await shown('7'), ['ab', 'abcdef', '***']);
    },
    'never keeps a secret of one line from being masked, but a warning names it': async () => {
      const repository = newRepository({ secrets: { TOKEN: 'qz' } });
      const step = await run({ repository });
      succeeded(step, { TOKEN: 'qz' });
      assert.equal(step.masker.mask('qz'), '***');
      assert.match(step.log.join('\n'), /^Warning: TOKEN /m);
    },
  },
  'timeout-seconds': Object.fromEntries(
    ['GitHubToken', 'JWKS', 'GetId', 'GetOpenIdToken', 'AssumeRoleWithWebIdentity', 'GetSecretValue'].map(
      (operation) => [`ends a run to which ${operation} does not answer`, (t) => timesOut(t, operation)],
    ),
  ),
  'existing-gh-secrets': {
    'are what is migrated into the store of secrets': async () => {
      const { secrets, variables } = await migration({ 'existing-gh-secrets': `{"KEY":"${CANARY}"}` });
      assert.deepEqual([secrets, variables], [{ KEY: CANARY }, {}]);
    },
  },
  'existing-gh-variables': {
    'are what is migrated into the store of variables': async () => {
      const { secrets, variables } = await migration({ 'existing-gh-variables': '{"KEY":"v"}' });
      assert.deepEqual([secrets, variables], [{}, { KEY: 'v' }]);
    },
  },
  'migrate-to': {
    'is the bucket if left out, and the stores if it says so': async () => {
      const { secrets, objects } = await migration({ ...TO_BUCKET, 'existing-gh-secrets': `{"KEY":"${CANARY}"}` });
      assert.deepEqual([secrets, objects.length], [{}, 1]);
      const other = await migration({ 'existing-gh-secrets': `{"KEY":"${CANARY}"}`, 'migrate-to': 'stores' });
      assert.deepEqual([other.secrets, other.objects.length], [{ KEY: CANARY }, 0]);
    },
  },
  'migrate-age-recipient': {
    'is whom it is encrypted to': async () => {
      const { objects } = await migration({ ...TO_BUCKET, 'existing-gh-secrets': `{"KEY":"${CANARY}"}` });
      assert.equal(JSON.parse(objects[0]).agePublicKey, TO_BUCKET['migrate-age-recipient']);
    },
  },
  'migrate-s3-bucket': {
    'is where it is put': async () => {
      cloud.addBucket('another-bucket');
      const { objects } = await migration({ ...TO_BUCKET, 'migrate-s3-bucket': 'another-bucket', 'existing-gh-secrets': `{"KEY":"${CANARY}"}` });
      assert.deepEqual([objects.length, cloud.setup.buckets['another-bucket'].objects.size], [0, 1]);
    },
  },
  'migrate-config-from-store': {
    'lets the variables store say where to': async () => {
      const config = { kvstore_migrate_age_public: TO_BUCKET['migrate-age-recipient'], kvstore_migrate_s3_bucket: TO_BUCKET['migrate-s3-bucket'] };
      for (const [allowed, expected] of [['true', 1], ['false', 0]]) {
        const inputs = { 'migrate-to': 'bucket', 'migrate-config-from-store': allowed, 'existing-gh-secrets': `{"KEY":"${CANARY}"}` };
        const { objects } = await migration(inputs, { variables: config });
        assert.equal(objects.length, expected, allowed);
      }
    },
  },
  'migrate-overwrite': {
    'replaces what a store has': async () => {
      for (const [overwrite, expected] of [['true', CANARY], ['false', `${CANARY}-ours`]]) {
        const inputs = { 'migrate-overwrite': overwrite, 'existing-gh-secrets': `{"KEY":"${CANARY}"}` };
        const { secrets } = await migration(inputs, { secrets: { KEY: `${CANARY}-ours` } });
        assert.deepEqual(secrets, { KEY: expected }, overwrite);
      }
    },
  },
  'migrate-keys': {
    'are all that is migrated': async () => {
      const inputs = { 'migrate-keys': 'A\nC', 'existing-gh-secrets': `{"A":"${CANARY}","B":"${CANARY}"}`, 'existing-gh-variables': '{"C":"c","D":"d"}' };
      const { secrets, variables } = await migration(inputs);
      assert.deepEqual([secrets, variables], [{ A: CANARY }, { C: 'c' }]);
    },
  },
};

for (const [input, effects] of Object.entries(EFFECTS)) {
  describe(`the input ${input}`, TOGETHER, () => {
    for (const [what, check] of Object.entries(effects)) test(what, (t) => check(t));
  });
}

describe('wrong input', TOGETHER, () => {
  const wrong = {
    'cognito-identity-pool-id': 'us-west-2',
    'cognito-role-arn': 'github-actions',
    namespace: 'two words',
    'github-enterprise-name': 'octo/enterprise',
    'oidc-issuer': 'http://ghes.example',
    'aws-account-id': '12345',
    'aws-region': 'Oregon',
    'cognito-account-id': '12345678901x',
    'cognito-region': 'US-WEST-2',
    'secrets-manager-account-id': '1234-5678-9012',
    'secrets-manager-region': 'us west 2',
    identity: 'kognito',
    'token-exchange-url': 'http://jwtex.example.com/exchange',
    'chain-role-arn': 'reader',
    'chain-session-tags': 'a-b',
    'chain-transitive-tag-keys': 'a-b',
    'export-aws-credentials': 'profile:a b',
    'overwrite-aws-profile': 'no',
    'role-session-name': '{run_id',
    'role-duration-seconds': '899',
    'environment-store': 'maybe',
    'export-env': 'yes',
    'export-outputs': '1',
    'min-mask-length': '0',
    'timeout-seconds': '1.5',
    'migrate-to': 's3',
    'migrate-age-recipient': 'age1pq1abc',
    'migrate-s3-bucket': 's3://bucket',
    'migrate-config-from-store': 'yes',
    'migrate-overwrite': '1',
    'migrate-keys': 'A B',
  };
  const wrongLines = [
    ['B,secrt', /secrt/],
    ['no comma', /no comma/],
    ['9D,secret', /\[A-Za-z_\]/],
    ['A-B,secret', /\[A-Za-z_\]/],
    ['A,variable', /line 1/],
    ['F,secret,K,maybe', /optional/],
    ['G,secret,K,optional,more', /ENV_VAR/],
    ['*,secret,KEY', /`\*`/],
    ...['PATH', 'Path', 'NODE_OPTIONS', 'LD_PRELOAD', 'DYLD_INSERT_LIBRARIES', 'BASH_ENV'].map(refusedName),
    ...['GITHUB_ENV', 'RUNNER_TEMP', 'ACTIONS_RUNTIME_TOKEN', 'INPUT_X'].map(refusedName),
    ...['PYTHONPATH', 'GIT_SSH_COMMAND'].map(refusedName),
  ];

  test('is reported all at once, each with its name and its text', async () => {
    const values = 'A,secret\nB,secrt\n\n# C\n9D,secret';
    const inputs = { ...wrong, 'github-token': 'two canary words', values, secrets: 'S=ok\nT=two words' };
    const { log, ...step } = await run({ on: quiet, inputs });
    failed({ log, ...step }, 'invalid-input');
    for (const [name, text] of Object.entries(wrong)) {
      const line = log.find((candidate) => candidate.startsWith(`- ${name}: `));
      assert.ok(line?.includes(text), `${name}: ${line}`);
    }
    assert.ok(log.some((line) => line.startsWith('- values: line 2, `B,secrt`')));
    assert.ok(log.some((line) => line.startsWith('- values: line 5, `9D,secret`')));
    assert.ok(log.some((line) => line.startsWith('- secrets: line 2, `T=two words`')));
    assert.ok(log.some((line) => line.startsWith('- github-token: ')));
  });

  test('is reported for every wrong line of values, with its number', async () => {
    const values = ['A,secret', ...wrongLines.map(([line]) => line)].join('\n');
    const step = await run({ on: quiet, inputs: { values } });
    failed(step, 'invalid-input');
    wrongLines.forEach(([line, problem], index) => {
      const reported = step.log.filter((candidate) => candidate.startsWith(`- values: line ${index + 2}, \`${line}\``));
      assert.equal(reported.length, 1, line);
      assert.match(reported[0], problem);
    });
    assert.equal(step.log.filter((line) => line.startsWith('- values: ')).length, wrongLines.length);
  });

  test('is a required input that is missing, also where nothing is to be loaded', async () => {
    const inputs = { 'cognito-identity-pool-id': '', 'cognito-role-arn': ' ' };
    failed(await run({ on: quiet, inputs: { ...inputs, values: '' } }), 'invalid-input');
    const step = await run({ on: quiet, inputs });
    failed(step, 'invalid-input');
    for (const name of Object.keys(inputs)) assert.ok(step.log.some((line) => line.startsWith(`- ${name}: `)), name);
  });

  test('is an endpoint without TLS that is not this machine, and other settings of the environment', async () => {
    const environment = { AWS_ENDPOINT_URL_STS: 'http://sts.example', AWS_MAX_ATTEMPTS: 'many' };
    const step = await run({ on: quiet, environment });
    failed(step, 'invalid-input', /AWS_ENDPOINT_URL_STS: .*https/);
    assert.match(step.log.join('\n'), /AWS_MAX_ATTEMPTS: /);
  });

  test('is an AWS_CA_BUNDLE that cannot be read, where a connection would need it', async () => {
    const ACTIONS_ID_TOKEN_REQUEST_URL = 'https://127.0.0.1:9/token?api-version=2.0';
    const environment = { AWS_CA_BUNDLE: '/nowhere/ca.pem', ACTIONS_ID_TOKEN_REQUEST_URL };
    failed(await run({ on: quiet, environment }), 'invalid-input', /AWS_CA_BUNDLE/);
  });

  function refusedName(name) {
    return [`${name},secret`, /refused/];
  }
});

test('no job with wrong input has asked anyone for anything', () => {
  assert.deepEqual(quiet.requests, []);
});

test('the bundle is what action.yml runs, on Node 20 and Node 24 alike', () => {
  const main = (file) => /^ {2}main: (.+)$/m.exec(readFileSync(new URL(file, import.meta.url), 'utf8'))[1];
  assert.ok(MAIN.replaceAll('\\', '/').endsWith(main('../../action.yml')));
  assert.equal(main('../../node24/action.yml'), `../${main('../../action.yml')}`);
});

test('every input of action.yml has an effect that a test shows', () => {
  const action = readFileSync(new URL('../../action.yml', import.meta.url), 'utf8').replaceAll('\r\n', '\n');
  const section = /^inputs:\n([\s\S]*?)^outputs:/m.exec(action)[1];
  const inputs = [...section.matchAll(/^ {2}([\w-]+):/gm)].map(([, name]) => name);
  const isOfVault = (name) => name.split('-').includes('vault');
  assert.deepEqual(Object.keys(EFFECTS).sort(), inputs.filter((name) => !isOfVault(name)).sort());
  // Against a real OpenBao.
  const ofVault = ['jobs.mjs', 'openbao.test.mjs'].map((file) => readFileSync(new URL(`../vault/${file}`, import.meta.url), 'utf8')).join('\n');
  for (const name of inputs.filter(isOfVault)) assert.ok(ofVault.includes(`'${name}': `), name);
  for (const [input, effects] of Object.entries(EFFECTS)) assert.ok(Object.keys(effects).length > 0, input);
});

/** What is in the stores and in the bucket when a job with these inputs has migrated, into the stores unless they say otherwise. */
async function migration(inputs, { secrets = {}, variables = {} } = {}) {
  const repository = newRepository({ secrets, variables });
  cloud.setup.buckets['migration'] ??= cloud.addBucket('migration');
  const policy = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: ['secretsmanager:*', 's3:PutObject'], Resource: '*' }] };
  const claims = { environment: undefined };
  const step = await run({ repository, claims, inputs: { 'cognito-role-arn': addRole({ policy }), values: '', 'migrate-to': 'stores', ...inputs } });
  succeeded(step, {});
  const current = (name) => JSON.parse(cloud.secret(`${storesOf(repository)}/${name}`).versions.find(({ stages }) => stages.includes('AWSCURRENT')).value);
  const objects = [...cloud.setup.buckets['migration'].objects].filter(([key]) => key.includes(`/${repository}/`)).map(([, { bytes }]) => bytes);
  return { secrets: current('secrets'), variables: current('variables'), objects };
}

function openTo(roleArn) {
  const Action = 'secretsmanager:GetSecretValue';
  // The cloud's principal is the session: a role's name and a session's differ, so the condition names the role.
  const Condition = { ArnEquals: { 'aws:PrincipalArn': roleArn } };
  const Statement = [{ Effect: 'Allow', Principal: { AWS: '*' }, Action, Resource: '*', Condition }];
  return { resourcePolicy: { Version: '2012-10-17', Statement } };
}

/** Inputs of the enhanced flow, with a role that trusts its sessions. */
function enhanced() {
  const trust = enhancedFlowTrust(cloud.setup);
  const policy = cloud.setup.documents['role-policy'];
  return { identity: 'cognito-enhanced', 'cognito-role-arn': addRole({ trust, policy }) };
}

/** A job without a pool, and a role that trusts GitHub tokens with these claims. */
function webIdentity(claims) {
  const trust = webIdentityTrust(cloud.setup, { aud: STS, ...claims });
  const inputs = {
    identity: 'web-identity',
    'cognito-identity-pool-id': '',
    'cognito-role-arn': addRole({ trust }),
  };
  return { inputs, environment: { AWS_REGION: cloud.setup.region } };
}

/** A job that has credentials of a role, and neither pool nor role among its inputs. */
function environmentIdentity(options, policy = everything()) {
  const roleArn = addRole({ policy });
  const session = cloud.issueCredentials(roleArn, { sessionName: 'earlier-step', ...options });
  const inputs = { identity: 'environment', 'cognito-identity-pool-id': '', 'cognito-role-arn': '' };
  const environment = {
    AWS_ACCESS_KEY_ID: session.accessKeyId,
    AWS_SECRET_ACCESS_KEY: session.secretAccessKey,
    AWS_SESSION_TOKEN: session.sessionToken,
    AWS_REGION: cloud.setup.region,
  };
  return { inputs, environment, roleArn };
}

function tagMapWithout(tag) {
  const { PrincipalTags } = cloud.setup.documents['tag-map'];
  const others = Object.entries(PrincipalTags).filter(([key]) => key !== tag);
  return { UseDefaults: false, PrincipalTags: Object.fromEntries(others) };
}

function environmentStoreTests() {
  const outcomes = {
    'by name': { required: 'store-not-found', 'not-found-ok': 'the repository', optional: 'the repository' },
    'by tags': { required: 'store-access-denied', 'not-found-ok': 'store-access-denied', optional: 'the repository' },
  };
  const documents = { 'by name': 'role-policy', 'by tags': 'role-policy-by-tags' };
  return Object.fromEntries(
    Object.entries(outcomes).flatMap(([policy, outcomeOf]) =>
      Object.entries(outcomeOf).map(([setting, outcome]) => [
        `${setting}, with policies ${policy} and no store of the environment, gives ${outcome}`,
        async () => {
          const repository = newRepository({});
          const tags = tagsOf(repository);
          cloud.putSecret(`${storesOf(repository)}/secrets`, { TOKEN: `${CANARY}-repository` }, { tags });
          const roleArn = addRole({ policy: cloud.setup.documents[documents[policy]], ...readmeTrust() });
          const inputs = { 'environment-store': setting, 'cognito-role-arn': roleArn };
          const step = await run({ repository, inputs });
          if (outcome !== 'the repository') return failed(step, outcome, /env\/production\/secrets/);
          succeeded(step, { TOKEN: `${CANARY}-repository` });
          assert.match(step.log.join('\n'), /^Warning: .*env\/production\/secrets/m);
          return undefined;
        },
      ]),
    ),
  );
}

async function timesOut(t, operation) {
  const cloud = await ownCloud(t);
  cloud.fail({ operation, times: Infinity, fault: 'noAnswer' });
  let started;
  const onStart = () => (started = performance.now());
  const step = await run({ on: cloud, onStart, inputs: { 'timeout-seconds': '1' } });
  failed(step, 'deadline-exceeded', /reached its time limit, `timeout-seconds` \(1\)/);
  const seconds = (performance.now() - started) / 1000;
  // Three attempts without a deadline would take 15 s; a busy machine needs some for itself.
  assert.ok(seconds > 0.9 && seconds < 10, `it took ${seconds} s`);
}

function getIds() {
  return askedFor('GetId');
}

/** What is recorded of each request. */
function askedFor(operation) {
  return cloud.requests.filter((request) => request.operation === operation).map(({ detail }) => detail);
}

function assumed({ runId }) {
  const requests = cloud.requests.filter(({ operation }) => operation === 'AssumeRoleWithWebIdentity');
  return requests.find(({ detail }) => detail.RoleSessionName.startsWith(`${runId}@`)).detail;
}
