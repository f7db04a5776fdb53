// Makes any call fail in any way: one hook, before the operation's own handler, or after it, when only the answer is lost.

import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { AwsError } from './protocols.mjs';

/**
 * @typedef {object} Fault how an answer goes wrong: `delayMs`, then at most one of the others; with `delayMs` alone the
 *   call is answered properly, only late
 * @property {number} [delayMs]
 * @property {true} [applied] the operation is done first: what it writes is written, and only its answer goes wrong
 * @property {(call: import('./server.mjs').Call) => unknown} [meanwhile] what happens at that moment, before the operation or, if it is
 *   `applied`, after it: another writer, a process that is killed. With it alone the call is answered properly
 * @property {number} [status] any answer at all, with `body` and `headers`
 * @property {string} [body]
 * @property {Record<string, string>} [headers]
 * @property {string} [awsError] a service's own refusal, by code: with `status` (400) and `message`
 * @property {string} [message]
 * @property {true} [reset] the connection, before any byte
 * @property {true} [noAnswer] the connection stays open, nothing comes
 * @property {true} [halfAnswer] fewer bytes than announced, then the end
 * @property {true} [drip] one byte a second, for ever
 * @property {true | number} [huge] 512 MB, or as many bytes
 * @property {true} [empty] 200, no body
 * @property {true} [notJson] 200, the right content type, neither JSON nor XML
 * @property {true} [htmlOk] 200 with a page, as captive portals answer
 * @property {string} [redirect] 302 to there
 *
 * @typedef {object} Rule
 * @property {string} operation by its name in AWS's API, or `Discovery`, `JWKS`, `GitHubToken`; `*` is every one
 * @property {number} [times] how many calls it strikes: 1, `Infinity` for all
 * @property {number} [skip] how many calls it lets pass first
 * @property {Fault | 'answerLost' | 'reset' | 'noAnswer' | 'halfAnswer' | 'drip' | 'huge' | 'empty' | 'notJson' | 'htmlOk'} fault
 */

/** Faults by a name: the others are named after the one thing that they do. */
const NAMED = { answerLost: { applied: true, reset: true } };

const KINDS = {
  reset: (_value, { response }) => reset(response.socket),
  noAnswer: () => {},
  halfAnswer: (_value, { response, protocol }) => halfAnswer(response, protocol),
  drip: (_value, { response, protocol }) => stream(response, protocol, drops()),
  huge: (value, { response, protocol }) =>
    stream(response, protocol, flood(value === true ? 512 * 1024 * 1024 : value)),
  empty: (_value, { response, protocol }) => send(response, 200, protocol.contentType, ''),
  notJson: (_value, { response, protocol }) => send(response, 200, protocol.contentType, 'Something else entirely.'),
  htmlOk: (_value, { response }) =>
    send(response, 200, 'text/html', '<!doctype html><title>Welcome</title><p>Please log in.'),
  redirect: (location, { response }) => response.writeHead(302, { location }).end(),
  awsError: (code, call) => awsError(code, call),
  status: (status, { response, fault }) => response.writeHead(status, fault.headers).end(fault.body ?? ''),
};

export class Faults {
  /** @type {(Rule & { fault: Fault, seen: number })[]} */
  #rules = [];

  /** @param {Rule} rule */
  add({ operation, times = 1, skip = 0, fault }) {
    const named = typeof fault === 'string' ? (NAMED[fault] ?? { [fault]: true }) : fault;
    if (named.delayMs === undefined && !named.meanwhile && !kindOf(named)) throw new Error(`no such fault: ${JSON.stringify(fault)}`);
    this.#rules.push({ operation, times, skip, fault: named, seen: 0 });
  }

  clear() {
    this.#rules = [];
  }

  /** The fault that strikes this call, if any: the first rule that is neither still skipping nor used up. */
  next(operation) {
    const rules = this.#rules.filter((rule) => rule.operation === operation || rule.operation === '*');
    return rules.find((rule) => {
      rule.seen += 1;
      return rule.seen > rule.skip && rule.seen <= rule.skip + rule.times;
    })?.fault;
  }
}

/**
 * @param {Fault} fault
 * @param {object} call
 * @param {import('node:http').ServerResponse} call.response
 * @param {import('./protocols.mjs').Protocol} call.protocol
 * @param {string} call.requestId
 * @param {import('./server.mjs').Call} call.request
 * @returns {Promise<boolean>} whether the call has got its answer, or its lack of one
 */
export async function strike(fault, call) {
  if (fault.delayMs) await sleep(fault.delayMs);
  await fault.meanwhile?.(call.request);
  const kind = kindOf(fault);
  if (!kind) return false;
  await KINDS[kind](fault[kind], { ...call, fault });
  return true;
}

/** `awsError` may come with a `status`, so it is looked for first. */
function kindOf(fault) {
  return Object.keys(KINDS).find((kind) => fault[kind] !== undefined);
}

function awsError(code, { response, protocol, requestId, fault }) {
  const error = new AwsError(code, fault.message ?? `${code}, as it was told to.`, fault.status ?? 400);
  const { status, headers, body } = protocol.renderError(error, requestId);
  response.writeHead(status, { ...headers, ...fault.headers }).end(body);
}

/** RST where the socket can send one; TLS can only be cut off. */
function reset(socket) {
  if (socket.encrypted) socket.destroy();
  else socket.resetAndDestroy();
}

function halfAnswer(response, { contentType }) {
  response.writeHead(200, { 'content-type': contentType, 'content-length': 1000 });
  response.write('{"value":"', () => response.socket?.destroy());
}

/** Sends chunk by chunk, at the client's pace, until the client has had enough. */
async function stream(response, { contentType }, chunks) {
  response.writeHead(200, { 'content-type': contentType });
  await pipeline(chunks, response).catch(() => {});
}

async function* drops() {
  yield '{';
  while (true) {
    await sleep(1000, undefined, { ref: false });
    yield ' ';
  }
}

function* flood(bytes) {
  const chunk = Buffer.alloc(64 * 1024, 'x');
  for (let sent = 0; sent < bytes; sent += chunk.length) yield chunk;
}

function send(response, status, contentType, body) {
  response.writeHead(status, { 'content-type': contentType }).end(body);
}
