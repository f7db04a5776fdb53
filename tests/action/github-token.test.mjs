// GitHub tokens that are not this job's: the committed bundle sends none of them to AWS.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { newSigningKey } from '../cloud/jwt.mjs';
import { spoken } from '../runner/step.mjs';
import { CANARY, failed, newCloud, run, TOGETHER } from './jobs.mjs';

/** For jobs with wrong tokens: it keeps what it was asked for. */
const strict = await newCloud();
const forger = await newSigningKey();

describe('a GitHub token', TOGETHER, () => {
  const mint = (claims, options) => strict.mintGithubToken(claims, options);

  for (const [what, [code, token]] of Object.entries({
    'that has expired': ['github-token-expired', () => mint({}, { expiresInSeconds: -1 })],
    'that is not signed': ['github-token-algorithm', () => mint({}, { header: { alg: 'none' } })],
    'that is signed with the public key as a shared secret': [
      'github-token-algorithm',
      () => mint({}, { header: { alg: 'HS256' } }),
    ],
    'that another key has signed': ['github-token-signature', () => mint({}, { key: forger.privateKey })],
    'whose key the issuer does not have': ['github-token-signature', () => mint({}, { kid: forger.kid })],
    'that was changed after it was signed': [
      'github-token-signature',
      () => changed(mint(), { repository: 'octo-org/other' }),
    ],
    'of another issuer': ['github-token-issuer', () => mint({ iss: 'https://token.actions.example' })],
    'of another enterprise': ['github-token-issuer', () => mint({ iss: `${strict.url}/other` })],
    'of no enterprise': ['github-token-issuer', () => mint({ iss: strict.url })],
    'for another audience': ['github-token-audience', () => mint({ aud: 'sts.amazonaws.com' })],
    'without an audience': ['github-token-audience', () => mint({ aud: undefined })],
    'that is no JSON Web Token': ['github-token-malformed', () => `ghp_${CANARY}`],
    'that has three parts but no JSON in them': ['github-token-malformed', () => `a.${CANARY}.b`],
  })) {
    test(`${what} goes nowhere`, async () => {
      const given = token();
      const step = await run({ on: strict, inputs: { 'github-token': given } });
      failed(step, code);
      assert.ok(!spoken(step).includes(given.slice(0, 20)));
    });
  }

  test('from the token endpoint is checked in the same way', async () => {
    const step = await run({ on: strict, claims: { iss: 'https://token.actions.example' } });
    failed(step, 'github-token-issuer', /token\.actions\.example/);
  });

  test('cannot be had without `permissions: id-token: write`, and the error says so', async () => {
    for (const name of ['ACTIONS_ID_TOKEN_REQUEST_URL', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN']) {
      const step = await run({ on: strict, environment: { [name]: undefined } });
      failed(step, 'id-token-permission-missing', /id-token: write/);
    }
  });

  test('that the endpoint refuses to give is an error', async () => {
    const step = await run({ on: strict, environment: { ACTIONS_ID_TOKEN_REQUEST_TOKEN: `${CANARY}-of-no-job` } });
    failed(step, 'github-token-unavailable', /HTTP 401/);
  });

  test('for the API is named, and what to do without it', async () => {
    const step = await run({ on: strict, inputs: { 'github-token': 'ghs_16C7e42F292c6912E7710c838347Ae178B4a' } });
    failed(step, 'github-token-malformed', /Remove `github-token`:/);
    assert.ok(!spoken(step).includes('ghs_16C7'));
  });
});

test('no job with a wrong token has sent it to Cognito', () => {
  const operations = new Set(strict.requests.map(({ operation }) => operation));
  assert.deepEqual([...operations].sort(), ['GitHubToken', 'JWKS']);
});

function changed(token, claims) {
  const [header, payload, signature] = token.split('.');
  const original = JSON.parse(Buffer.from(payload, 'base64url'));
  return [header, Buffer.from(JSON.stringify({ ...original, ...claims })).toString('base64url'), signature].join('.');
}
