// The job that every program does: four stores by convention, or any number of secrets by their names, at a local cloud that
// is a round trip away.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { startCloud } from '../cloud/cloud.mjs';
import { defaultClaims } from '../cloud/github.mjs';
import { readFileCommands } from '../runner/file-commands.mjs';
import { startWideArea } from './wide-area.mjs';

export const STORE_COUNT = 4;
const ENTERPRISE = 'octo-enterprise';
const REPOSITORY = `${ENTERPRISE}/repo/octo-org/octo-repo`;
const STORES = {
  [`${REPOSITORY}/secrets`]: { API_KEY: 'key-of-the-repository' },
  [`${REPOSITORY}/variables`]: { LOG_LEVEL: 'info' },
  [`${REPOSITORY}/env/production/secrets`]: { DATABASE_URL: 'postgres://app:password@db.prod/app' },
  [`${REPOSITORY}/env/production/variables`]: { REPLICAS: '12' },
};
const VALUES = 'API_KEY,secret\nLOG_LEVEL,variable\nDATABASE_URL,secret\nREPLICAS,variable';
const SHARED = 'shared/';

/** @param {string} folder for the files of a run */
export async function startJob(folder) {
  const tls = makeCertificate(folder);
  const cloud = await startCloud({ tls, configure: allowShared });
  const services = ['github', 'cognito', 'sts', 'secretsManager'];
  const wideArea = await startWideArea({ to: cloud.port, services });
  const { origins } = wideArea;
  const issuer = `${origins.github}/${ENTERPRISE}`;
  cloud.setup.oidcProviders[cloud.setup.providerArn].Url = issuer;
  const { run_id: runId, sha } = defaultClaims();
  const files = Object.fromEntries(
    ['GITHUB_ENV', 'GITHUB_OUTPUT', 'GITHUB_STEP_SUMMARY'].map((name) => [name, path.join(folder, name)]),
  );

  let secrets;

  return {
    /** What the runs to come are like. */
    async set({ rttMs, secretCount }) {
      secrets = jobSecrets(secretCount);
      Object.entries(secrets).forEach(([id, value]) => cloud.putSecret(id, value));
      await wideArea.setRtt(rttMs);
    },

    /** Empties the runner's files; what the step finds in its environment. */
    async prepare() {
      await Promise.all(Object.values(files).map((file) => writeFile(file, '')));
      cloud.requests.length = 0;
      cloud.decisions.length = 0;
      const { ACTIONS_ID_TOKEN_REQUEST_TOKEN } = cloud.jobEnvironment({ iss: issuer });
      return {
        PATH: process.env.PATH,
        HOME: folder,
        GITHUB_ACTIONS: 'true',
        GITHUB_RUN_ID: runId,
        GITHUB_SHA: sha,
        ...files,
        ACTIONS_ID_TOKEN_REQUEST_URL: `${origins.github}/_apis/token?api-version=2.0`,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN,
        AWS_ENDPOINT_URL_COGNITO_IDENTITY: origins.cognito,
        AWS_ENDPOINT_URL_STS: origins.sts,
        AWS_ENDPOINT_URL_SECRETS_MANAGER: origins.secretsManager,
        NODE_EXTRA_CA_CERTS: path.join(folder, 'certificate.pem'),
        'INPUT_COGNITO-IDENTITY-POOL-ID': cloud.setup.poolId,
        'INPUT_COGNITO-ROLE-ARN': cloud.setup.roleArn,
        'INPUT_GITHUB-ENTERPRISE-NAME': ENTERPRISE,
        'INPUT_OIDC-ISSUER': origins.github,
        // The action finds the stores by the job's claims; the other programs have to be told.
        ...(secrets === STORES
          ? { INPUT_VALUES: VALUES, INPUT_STORES: Object.keys(STORES).join('\n') }
          : { INPUT_SECRETS: Object.keys(secrets).map((id) => `${variableOf(id)}=${id}`).join('\n') }),
      };
    },

    /** Asserts that a run did the job. */
    async check() {
      const values = Object.entries(secrets).map(([id, value]) => (id in STORES ? value : { [variableOf(id)]: value }));
      assert.deepEqual(readFileCommands(await readFile(files.GITHUB_ENV, 'utf8')), Object.assign({}, ...values));
      assert.deepEqual([...new Set(cloud.requests.map(({ status }) => status))], [200]);
    },

    requests: () => cloud.requests.length,
    async connections() {
      return (await wideArea.connections()).reduce((sum, count) => sum + count, 0);
    },
    close: () => Promise.all([cloud.close(), wideArea.close()]),
  };
}

function jobSecrets(secretCount) {
  if (secretCount === STORE_COUNT) return STORES;
  const ids = Array.from({ length: secretCount }, (_, i) => `${SHARED}secret-${i + 1}`);
  return Object.fromEntries(ids.map((id) => [id, `the value of ${id}`]));
}

function variableOf(id) {
  return id.slice(SHARED.length).replace('-', '_').toUpperCase();
}

/** The documented policy for secrets outside the convention. */
function allowShared({ roles, roleArn, documents }) {
  roles[roleArn].policies.push({ name: 'secrets', document: documents['role-policy-for-secrets'] });
}

/** One certificate that is its own authority. */
export function makeCertificate(folder) {
  const options = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const names = ['-subj', '/CN=env-kvstore bench', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const key = execFileSync('openssl', ['req', '-x509', ...options, ...names, '-out', 'certificate.pem', '-keyout', '-'], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return { key, cert: readFileSync(path.join(folder, 'certificate.pem'), 'utf8') };
}
