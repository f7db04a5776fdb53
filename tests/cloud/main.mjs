// `node tests/cloud/main.mjs [--port N]`: serves until it is killed. The first line it prints is JSON: where it
// listens and what a job needs to use it.

import { parseArgs } from 'node:util';
import { startCloud } from './cloud.mjs';

const { values } = parseArgs({ options: { port: { type: 'string', default: '0' } } });
const { url, issuer, setup, jobEnvironment } = await startCloud({ port: Number(values.port) });
const { poolId, roleArn } = setup;
console.log(JSON.stringify({ url, issuer, poolId, roleArn, jobEnvironment: jobEnvironment() }));
