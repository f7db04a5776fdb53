// What the job takes at least: a bare Node program, the five dependent requests, every connection opened before the first.
// It verifies nothing, masks nothing, tries nothing again and logs nothing. CommonJS, because Node starts it sooner.

const { createHash, createHmac, randomUUID } = require('node:crypto');
const { appendFileSync } = require('node:fs');
const { Agent, request } = require('node:https');
const { connect, createSecureContext } = require('node:tls');

const { env } = process;
const COGNITO = env.AWS_ENDPOINT_URL_COGNITO_IDENTITY;
const STS = env.AWS_ENDPOINT_URL_STS;
const SECRETS_MANAGER = env.AWS_ENDPOINT_URL_SECRETS_MANAGER;
const POOL = env['INPUT_COGNITO-IDENTITY-POOL-ID'];
const ROLE = env['INPUT_COGNITO-ROLE-ARN'];
const REGION = POOL.split(':', 1)[0];
/** Of BatchGetSecretValue. */
const MOST_AT_ONCE = 20;

/** Of the variables that secrets become, by their ids; a store names its own. */
const NAMES = new Map((env.INPUT_SECRETS ?? '').split('\n').map((line) => line.split('=').reverse()));
const ids = env.INPUT_SECRETS ? [...NAMES.keys()] : env.INPUT_STORES.split('\n');
const batches = Array.from({ length: Math.ceil(ids.length / MOST_AT_ONCE) }, (_, i) =>
  ids.slice(i * MOST_AT_ONCE, (i + 1) * MOST_AT_ONCE),
);

const secureContext = createSecureContext();
const agents = {
  github: opened(env.ACTIONS_ID_TOKEN_REQUEST_URL, 1),
  cognito: opened(COGNITO, 1),
  sts: opened(STS, 1),
  secretsManager: opened(SECRETS_MANAGER, batches.length),
};

run();

async function run() {
  const tokenUrl = `${env.ACTIONS_ID_TOKEN_REQUEST_URL}&audience=cognito-identity.amazonaws.com`;
  const bearer = { authorization: `Bearer ${env.ACTIONS_ID_TOKEN_REQUEST_TOKEN}` };
  const githubToken = JSON.parse(await send(agents.github, tokenUrl, 'GET', bearer)).value;
  const Logins = { [`${env['INPUT_OIDC-ISSUER']}/${env['INPUT_GITHUB-ENTERPRISE-NAME']}`.slice(8)]: githubToken };
  const { IdentityId } = await cognito('GetId', { AccountId: ROLE.split(':')[4], IdentityPoolId: POOL, Logins });
  const { Token } = await cognito('GetOpenIdToken', { IdentityId, Logins });
  const credentials = await assumeRole(Token);

  const answers = await Promise.all(batches.map((SecretIdList) => batchGetSecretValue(credentials, { SecretIdList })));
  const delimiter = randomUUID();
  let text = '';
  for (const [name, value] of answers.flatMap(({ SecretValues }) => SecretValues.flatMap(valuesOf))) text += `${name}<<${delimiter}\n${value}\n${delimiter}\n`;
  appendFileSync(env.GITHUB_ENV, text);
  process.exit();
}

/** An agent whose connections are being opened already. */
function opened(url, count) {
  const { port } = new URL(url);
  const open = (session) => connect({ host: '127.0.0.1', port, secureContext, session });
  const sockets = [open()];
  // The others by the first one's TLS session: their handshakes verify nothing again.
  sockets[0].once('session', (session) => {
    for (let i = 1; i < count; i++) sockets.push(open(session));
  });
  const agent = new Agent({ keepAlive: true, maxSockets: count });
  agent.createConnection = () => sockets.pop() ?? open();
  return agent;
}

function cognito(operation, input) {
  return json(agents.cognito, COGNITO, `AWSCognitoIdentityService.${operation}`, {}, JSON.stringify(input));
}

async function assumeRole(token) {
  const form = new URLSearchParams({
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    DurationSeconds: '900',
    RoleArn: ROLE,
    RoleSessionName: `${env.GITHUB_RUN_ID}@${env.GITHUB_SHA}`,
    WebIdentityToken: token,
  });
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const answer = await send(agents.sts, STS, 'POST', headers, form.toString());
  const element = (name) => answer.slice(answer.indexOf(`<${name}>`) + name.length + 2, answer.indexOf(`</${name}>`));
  return {
    accessKeyId: element('AccessKeyId'),
    secretAccessKey: element('SecretAccessKey'),
    sessionToken: element('SessionToken'),
  };
}

/** With Signature Version 4 of the one kind of request that is signed. */
function batchGetSecretValue(credentials, input) {
  const target = 'secretsmanager.BatchGetSecretValue';
  const body = JSON.stringify(input);
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = `${time.slice(0, 8)}/${REGION}/secretsmanager/aws4_request`;
  const canonical =
    `POST\n/\n\nhost:${new URL(SECRETS_MANAGER).host}\nx-amz-date:${time}\n` +
    `x-amz-security-token:${credentials.sessionToken}\nx-amz-target:${target}\n\n` +
    `host;x-amz-date;x-amz-security-token;x-amz-target\n${sha256(body)}`;
  const key = scope.split('/').reduce((above, part) => hmac(above, part).digest(), `AWS4${credentials.secretAccessKey}`);
  const signature = hmac(key, `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(canonical)}`).digest('hex');
  const headers = {
    authorization:
      `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, ` +
      `SignedHeaders=host;x-amz-date;x-amz-security-token;x-amz-target, Signature=${signature}`,
    'x-amz-date': time,
    'x-amz-security-token': credentials.sessionToken,
  };
  return json(agents.secretsManager, SECRETS_MANAGER, target, headers, body);
}

async function json(agent, url, target, headers, body) {
  const all = { ...headers, 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target };
  return JSON.parse(await send(agent, url, 'POST', all, body));
}

function send(agent, url, method, headers, body) {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent, method, headers }, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8').on('data', (chunk) => (text += chunk));
      incoming.on('end', () => (incoming.statusCode === 200 ? resolve(text) : reject(new Error(text))));
    });
    outgoing.on('error', reject).end(body);
  });
}

function valuesOf({ Name, SecretString }) {
  return NAMES.has(Name) ? [[NAMES.get(Name), SecretString]] : Object.entries(JSON.parse(SecretString));
}

function sha256(text) {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key, text) {
  return createHmac('sha256', key).update(text);
}
