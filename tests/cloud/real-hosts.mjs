// The real names of GitHub and AWS hosts, and certificates for them by an authority made for the run. A cloud that has these
// answers as those hosts to whoever is led to it by a proxy (proxy.mjs) and trusts the authority.

import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

export const GITHUB = 'token.actions.githubusercontent.com';
/** Where a hosted runner's token requests go. */
export const PIPELINES = 'pipelinesghubeus1.actions.githubusercontent.com';
/** Where accounts are set up, beside the region's hosts. */
export const IAM = 'iam.amazonaws.com';
export const AWS = ['cognito-identity', 'secretsmanager', 'sts'].map((service) => `${service}.us-west-2.amazonaws.com`);
export const FIPS = ['cognito-identity', 'secretsmanager', 'sts'].map((service) => `${service}-fips.us-west-2.amazonaws.com`);
/** S3, and each bucket as a host of its own. */
export const BUCKETS = ['s3.us-west-2.amazonaws.com', '*.s3.us-west-2.amazonaws.com'];
/** Cognito and Secrets Manager answer on IPv6 under their ordinary names here. */
export const DUAL_STACK = [...AWS.slice(0, 2), 'sts.us-west-2.api.aws'];
/** Reaches this machine, but is no loopback name by the rule of `@actions/http-client`, so a proxy is used for it. */
export const ANY_ADDRESS = '0.0.0.0';

/**
 * An authority, its certificate for the hosts of GitHub, AWS and this machine, and an authority that made nothing.
 * @param {string} folder for the files
 */
export async function makeCertificates(folder) {
  const hosts = [GITHUB, '*.actions.githubusercontent.com', IAM, ...AWS, ...FIPS, ...BUCKETS, ...DUAL_STACK, 'localhost'];
  const names = [...hosts.map((host) => `DNS:${host}`), 'IP:127.0.0.1', `IP:${ANY_ADDRESS}`];
  const file = (name) => path.join(folder, name);
  const keyOptions = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const authority = (name) =>
    openssl('req', '-x509', ...keyOptions, '-keyout', file(`${name}.key`), '-out', file(`${name}.pem`), '-days', '2',
      '-subj', `/CN=env-kvstore test ${name}`, '-addext', 'keyUsage=critical,keyCertSign');
  await Promise.all([
    authority('authority'),
    authority('other'),
    openssl('req', ...keyOptions, '-keyout', file('server.key'), '-out', file('server.csr'), '-subj', '/CN=server'),
    writeFile(file('names'), `subjectAltName=${names.join(',')}\n`),
  ]);
  const signedBy = ['-CA', file('authority.pem'), '-CAkey', file('authority.key'), '-CAcreateserial'];
  await openssl('x509', '-req', '-in', file('server.csr'), ...signedBy, '-out', file('server.pem'),
    '-days', '2', '-extfile', file('names'));
  return {
    authority: file('authority.pem'),
    otherAuthority: file('other.pem'),
    server: {
      key: await readFile(file('server.key'), 'utf8'),
      cert: await readFile(file('server.pem'), 'utf8'),
    },
  };
}

async function openssl(...options) {
  try {
    await promisify(execFile)('openssl', options);
  } catch (error) {
    throw error.code === 'ENOENT' ? new Error('openssl is missing: apt-get install -y openssl') : error;
  }
}
