// GitHub's OIDC provider, Cognito, STS, Secrets Manager, Parameter Store and S3 in one process on loopback, and a token exchange, with the documented set-up. It
// enforces: tokens and signatures are verified, trust and role policies are evaluated. It shares no code with the
// client, so the two check each other.

import { Administrators, CognitoAdministration, Iam } from './administration.mjs';
import { Authorizer } from './authorize.mjs';
import { Cognito } from './cognito.mjs';
import { Kms } from './describing-account.mjs';
import { Faults } from './faults.mjs';
import { GitHub, defaultClaims } from './github.mjs';
import { newSigningKey } from './jwt.mjs';
import { Parameters } from './parameters.mjs';
import { S3, newBucket } from './s3.mjs';
import { Secrets } from './secrets.mjs';
import { SecretsManager } from './secretsmanager.mjs';
import { answerWith, close, listen } from './server.mjs';
import { Sessions } from './sessions.mjs';
import { enterpriseSetup, role } from './setup.mjs';
import { Ssm } from './ssm.mjs';
import { Sts } from './sts.mjs';
import { TokenExchange } from './token-exchange.mjs';

/**
 * @param {object} [options]
 * @param {number} [options.port] any free one unless given
 * @param {{ key: string, cert: string }} [options.tls] serves https instead of http
 * @param {import('./jwt.mjs').SigningKey} [options.githubKey] instead of a new one
 * @param {() => number} [options.now] the cloud's clock, in milliseconds
 * @param {(origin: string, exchange: string) => import('./setup.mjs').Setup} [options.setupAt] another set-up than that of docs/set-up-aws.md
 * @param {(setup: import('./setup.mjs').Setup) => void} [options.configure] changes the set-up in place
 * @param {boolean} [options.versionQuota] false: a secret may have any number of versions and labels
 */
export async function startCloud(options = {}) {
  const { port = 0, tls, githubKey, now = Date.now, setupAt = enterpriseSetup, configure = () => {}, versionQuota = true } = options;
  const [key, cognitoKey, exchangeKey, server, exchangeServer] = await Promise.all([
    githubKey ?? newSigningKey(),
    newSigningKey(),
    newSigningKey(),
    listen({ tls, port }),
    listen({ tls, port: 0 }),
  ]);
  const [url, exchangeUrl] = [server, exchangeServer].map((each) => `${tls ? 'https' : 'http'}://127.0.0.1:${each.address().port}`);
  const setup = setupAt(url, exchangeUrl);
  setup.versionQuota = versionQuota;
  configure(setup);

  const issuer = setup.oidcProviders[setup.providerArn].Url;
  const sessions = new Sessions(now);
  const secrets = new Secrets(setup, now);
  const authorizer = new Authorizer(setup, now);
  const faults = new Faults();
  const requests = [];
  const github = new GitHub({ origin: url, issuer, key, now });
  const exchange = new TokenExchange({ origin: exchangeUrl, key: exchangeKey, githubIssuer: issuer, githubKeys: () => github.keys, now });
  const isGithub = (provider) => provider !== exchangeUrl;
  const issuerKeys = (provider) => (isGithub(provider) ? github : exchange).keys;
  const sts = new Sts({ setup, cognitoKey, issuerKeys, isGithub, sessions, authorizer, now });
  const cognito = new Cognito({ setup, key: cognitoKey, issuerKeys, sts, now });
  const secretsManager = new SecretsManager({ setup, secrets, sessions, authorizer, now });
  const parameters = new Parameters(setup, now);
  const ssm = new Ssm({ setup, parameters, sessions, authorizer, now });
  const s3 = new S3({ setup, sessions, authorizer, now });
  const account = { setup, sessions, authorizer, now };
  const ofKeys = new Administrators(account, 'kms');
  const kms = new Kms({ setup, admit: (...question) => ofKeys.admit(...question) });
  const administration = [new Iam(account), new CognitoAdministration(account), kms];
  answerWith(server, { services: [s3, github, ...administration, cognito, sts, secretsManager, ssm], faults, requests, now });
  answerWith(exchangeServer, { services: [exchange], faults, requests, now });

  return {
    url,
    port: server.address().port,
    /** Of the default jobs' tokens; without its scheme it is their login key at Cognito. */
    issuer,
    /** It listens at its `origin`, which is its issuer and its audience. */
    exchange,
    /** Live: a change counts from the next request on. */
    setup,
    /** Every request so far, oldest first. @type {import('./server.mjs').RecordedRequest[]} */
    requests,
    /** Every policy decision so far, oldest first, each with its explanation. */
    decisions: authorizer.decisions,

    /** @see GitHub#jobEnvironment */
    jobEnvironment: (claims) => github.jobEnvironment(claims),
    /** @see GitHub#mintToken */
    mintGithubToken: (claims, options) => github.mintToken(claims, options),
    /** @see GitHub#rotateKeys */
    rotateKeys: () => github.rotateKeys(),
    /** Credentials of a role without asking its trust policy. @see Sessions#issue */
    issueCredentials: (roleArn, options) => sessions.issue(roleArn, options),
    /**
     * An IAM user with keys that do not expire.
     * @param {string} name
     * @param {any} policy
     * @param {{ account?: string, tags?: Record<string, string> }} [options]
     */
    addUser(name, policy, { account: accountId = setup.accountId, tags = {} } = {}) {
      const arn = `arn:aws:iam::${accountId}:user/${name}`;
      setup.users[arn] = { policies: [{ name: 'user policy', document: policy }], tags };
      return sessions.issueUser(arn);
    },
    /**
     * A role that nobody is trusted to assume, and a session of it: as IAM Identity Center gives one to a person, with the
     * attributes of that person as session tags.
     * @param {string} name
     * @param {any} policy
     * @param {{ account?: string, sessionName?: string, tags?: Record<string, string> }} [options]
     */
    addPerson(name, policy, { account: accountId = setup.accountId, sessionName = 'mona', tags = {} } = {}) {
      const arn = `arn:aws:iam::${accountId}:role/${name}`;
      setup.roles[arn] = role({ Version: '2012-10-17', Statement: [] }, policy);
      return sessions.issue(arn, { sessionName, tags });
    },
    /**
     * @param {string} name
     * @param {{ account?: string, region?: string, policy?: any, pageSize?: number }} [options]
     * @returns {import('./setup.mjs').Bucket}
     */
    addBucket: (name, options) => (setup.buckets[name] = newBucket(setup, options)),
    /**
     * A new secret has the tag that the set-up wants of every store, with the id of the default job's repository, unless others are given.
     * @see Secrets#put
     */
    putSecret(name, value, options = {}) {
      const { region = setup.region, account: accountId = setup.accountId } = options;
      const isNew = secrets.named(name, { region, accountId }) === undefined;
      return secrets.put(name, value, { ...(isNew && { tags: { 'github:repository_id': defaultClaims().repository_id } }), ...options });
    },
    /** A secret without a value, as Terraform makes them. @see Secrets#create */
    createSecret: (name, options) => secrets.create(name, options),
    /** The secret as it is, with all its versions. @see Secrets#named */
    secret: (name, { region = setup.region, account: accountId = setup.accountId } = {}) => secrets.named(name, { region, accountId }),
    /** A parameter of Parameter Store, or a new version of one. @see Parameters#put */
    putParameter: (name, value, options) => parameters.put(name, value, options),
    /** @see Parameters#label */
    labelParameter: (parameter, number, ...labels) => parameters.label(parameter, number, labels),
    /** @see Faults#add */
    fail: (rule) => faults.add(rule),
    clearFaults: () => faults.clear(),
    close: () => Promise.all([server, exchangeServer].map(close)),
  };
}
