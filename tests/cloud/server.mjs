// One HTTP server for all services, told apart by path, `X-Amz-Target` or the form's `Action`. Each request is
// recorded, then struck by a fault or answered by its operation.

import { randomUUID } from 'node:crypto';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { strike } from './faults.mjs';
import { AwsError } from './protocols.mjs';

/**
 * @typedef {object} Call
 * @property {string} method
 * @property {string} path
 * @property {URLSearchParams} query
 * @property {Record<string, string>} headers
 * @property {string} body
 * @property {Buffer} bytes the same, as they came
 *
 * @typedef {object} Service
 * @property {import('./protocols.mjs').Protocol} protocol
 * @property {(call: Call) => string | undefined} operationOf what the call asks for; undefined: it is for another service
 * @property {Record<string, (input: any, call: Call) => object>} operations
 * @property {(input: any, call: Call) => object} detail what of a request is recorded: nothing that is secret
 *
 * @typedef {object} RecordedRequest
 * @property {string} operation
 * @property {number} at milliseconds
 * @property {object} detail
 * @property {number} port of the client: the same for all requests over one connection
 * @property {boolean} resumed whether its connection was opened by the TLS session of an earlier one
 * @property {number} [answeredAt] milliseconds; absent: a fault keeps the answer back, or it is still to come
 * @property {number} [status] absent: a fault struck, or the answer is still to come
 * @property {string} [error] the code of a refusal
 * @property {true} [applied] a fault let the operation be done and kept its answer back
 */

/**
 * @param {object} options
 * @param {{ key: string, cert: string }} [options.tls]
 * @param {number} options.port
 * @returns {Promise<import('node:http').Server>} listening on loopback; it answers nothing before `answerWith`
 */
export async function listen({ tls, port }) {
  const server = tls ? createHttpsServer(tls) : createHttpServer();
  await new Promise((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  return server;
}

/**
 * @param {import('node:http').Server} server
 * @param {object} options
 * @param {Service[]} options.services
 * @param {import('./faults.mjs').Faults} options.faults
 * @param {RecordedRequest[]} options.requests filled as they come
 * @param {() => number} options.now milliseconds
 */
export function answerWith(server, { services, faults, requests, now }) {
  server.on('request', async (request, response) => {
    try {
      const call = await readCall(request);
      // A client corrects its clock by this header, so it must tell the cloud's time.
      response.setHeader('date', new Date(now()).toUTCString());
      await answer(call, response, request.socket);
    } catch (error) {
      fail(response, error);
    }
  });

  async function answer(call, response, socket) {
    const service = services.find((candidate) => candidate.operationOf(call) !== undefined);
    if (!service) return response.writeHead(404).end();
    const operation = service.operationOf(call);
    const { protocol } = service;
    const requestId = randomUUID();
    const connection = { port: socket.remotePort, resumed: socket.isSessionReused?.() ?? false };
    const recorded = { operation, at: now(), ...connection, detail: detailOf(service, call) };
    requests.push(recorded);
    response.on('finish', () => (recorded.answeredAt = now()));

    const fault = faults.next(operation);
    const done = fault?.applied && perform(service, operation, call, requestId);
    if (done) recorded.applied = true;
    if (fault && (await strike(fault, { response, protocol, requestId, request: call }))) return undefined;
    const { status, headers, body, error } = done || perform(service, operation, call, requestId);
    Object.assign(recorded, { status, ...(error && { error }) });
    return response.writeHead(status, headers).end(body);
  }
}

/** Closes also what never got an answer. */
export async function close(server) {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}

async function readCall(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const [path, query = ''] = request.url.split(/\?(.*)/s);
  return {
    method: request.method,
    path,
    query: new URLSearchParams(query),
    headers: request.headers,
    body: bytes.toString(),
    bytes,
  };
}

function perform({ protocol, operations }, operation, call, requestId) {
  try {
    const run = operations[operation];
    if (!run) throw new AwsError('UnknownOperationException', `No such operation: ${operation}`);
    return protocol.render(operation, run(protocol.parse(call.body), call), requestId);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return { ...protocol.renderError(error, requestId), error: error.code };
  }
}

function detailOf({ protocol, detail }, call) {
  try {
    return detail(protocol.parse(call.body), call);
  } catch {
    return {};
  }
}

/** A mistake in the cloud is not an answer of AWS: it is shown, and no client takes it for something to try again. */
function fail(response, error) {
  if (response.destroyed) return;
  console.error(error);
  if (!response.headersSent) response.writeHead(418, { 'content-type': 'text/plain' });
  response.end('The local cloud has failed; its standard error says why.');
}
