// What a job with Vault takes at least: a bare Node program, the token, the login and the reads side by side, every connection
// opened before the first request. It verifies nothing, masks nothing, tries nothing again and revokes nothing.
//
// With IN_TURN it makes the same requests as vault-action does: no connection before it is needed, and one read after the other.

const { randomUUID } = require('node:crypto');
const { appendFileSync } = require('node:fs');
const { Agent, request } = require('node:https');
const { connect, createSecureContext } = require('node:tls');

const { env } = process;
const VAULT = env['INPUT_VAULT-URL'];
const entries = env['INPUT_VAULT-SECRETS'].split(';').filter((entry) => entry.trim()).map((entry) => entry.trim().split(/[\s|]+/));
const secureContext = createSecureContext();
const github = opened(env.ACTIONS_ID_TOKEN_REQUEST_URL, 1);
const vault = opened(VAULT, entries.length);

run();

async function run() {
  const tokenUrl = `${env.ACTIONS_ID_TOKEN_REQUEST_URL}&audience=${encodeURIComponent(VAULT)}`;
  const { value: jwt } = await send(github, tokenUrl, 'GET', { authorization: `Bearer ${env.ACTIONS_ID_TOKEN_REQUEST_TOKEN}` });
  const { auth } = await send(vault, `${VAULT}/v1/auth/jwt/login`, 'POST', {}, JSON.stringify({ role: env['INPUT_VAULT-ROLE'], jwt }));
  const read = async ([path, key, name]) => {
    const { data } = await send(vault, `${VAULT}/v1/${path}`, 'GET', { 'x-vault-token': auth.client_token });
    return [name, data[key]];
  };
  const values = [];
  if (env.IN_TURN) for (const entry of entries) values.push(await read(entry));
  else values.push(...(await Promise.all(entries.map(read))));
  const delimiter = randomUUID();
  appendFileSync(env.GITHUB_ENV, values.map(([name, value]) => `${name}<<${delimiter}\n${value}\n${delimiter}\n`).join(''));
  process.exit();
}

/** An agent whose connections are being opened already. */
function opened(url, count) {
  const agent = new Agent({ keepAlive: true, maxSockets: count, secureContext });
  if (env.IN_TURN) return agent;
  const { port } = new URL(url);
  const open = (session) => connect({ host: '127.0.0.1', port, secureContext, session });
  const sockets = [open()];
  sockets[0].once('session', (session) => {
    for (let i = 1; i < count; i++) sockets.push(open(session));
  });
  agent.createConnection = () => sockets.pop() ?? open();
  return agent;
}

function send(agent, url, method, headers, body) {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent, method, headers }, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8').on('data', (chunk) => (text += chunk));
      incoming.on('end', () => (incoming.statusCode === 200 ? resolve(JSON.parse(text)) : reject(new Error(text))));
    });
    outgoing.on('error', reject).end(body);
  });
}
