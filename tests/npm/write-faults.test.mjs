// Every call of every command that works on stores, failing in every way: the command ends by the contract of exit codes, the
// store has the old document or the new one, the command can be run again, and nothing about a value is in what it says.
//
// `NODE_UNDER_TEST=/path/to/node node --test tests/npm/write-faults.test.mjs` runs it on another Node, if that runs this file too.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startCloud } from '../cloud/cloud.mjs';
import { commandLineIn } from './command-line.mjs';
import { platformAt } from './platform.mjs';

/** Values whose length, and not only whose text, would be found in an output. */
const [OLD, NEW] = ['canary-old-'.padEnd(1237, 'o'), 'canary-new-'.padEnd(1319, 'n')];
const TRACES = [OLD, NEW].flatMap((value) => [
  ...['sha256', 'sha1', 'md5'].flatMap((name) => ['hex', 'base64'].map((form) => createHash(name).update(value).digest(form).slice(0, 8))),
  Buffer.from(value).toString('base64').slice(0, 8),
]);
const NAMESPACE = ['--namespace', 'octo-enterprise'];

const folder = await mkdtemp(path.join(tmpdir(), 'env-kvstore-write-faults-'));
after(() => rm(folder, { recursive: true }));

const [file, value] = ['import.env', 'value'].map((name) => path.join(folder, name));
await writeFile(file, `KEY=${NEW}\n`);
await writeFile(value, NEW);

/**
 * What happens once may be over at the second attempt; what lasts may not. `once` is whether a single one is got over.
 * @type {Record<string, { fault: any, once: boolean }>}
 */
const FAULTS = {
  'a 500': { fault: { status: 500, body: OLD }, once: true },
  'a 503 of a load balancer': { fault: { status: 503, body: `<html>${OLD}</html>`, headers: { 'content-type': 'text/html' } }, once: true },
  'a throttle': { fault: { awsError: 'ThrottlingException' }, once: true },
  'a connection reset': { fault: 'reset', once: true },
  'an answer that is lost': { fault: 'answerLost', once: true },
  'half an answer': { fault: 'halfAnswer', once: true },
  'an empty answer': { fault: 'empty', once: true },
  'malformed JSON': { fault: { status: 200, body: `{"SecretString":"${OLD}","VersionId`, headers: { 'content-type': 'application/x-amz-json-1.1' } }, once: true },
  'a page of a captive portal': { fault: { status: 200, body: `<!doctype html>${OLD}`, headers: { 'content-type': 'text/html' } }, once: true },
  'a refusal that quotes the request': { fault: { status: 400, body: JSON.stringify({ __type: `ValidationException`, Message: `Value '${NEW}' at 'secretString' failed` }) }, once: false },
  'a code that nobody knows': { fault: { status: 400, body: JSON.stringify({ __type: 'com.example#SomethingNew' }) }, once: false },
  'a denial': { fault: { awsError: 'AccessDeniedException' }, once: false },
  'a redirect': { fault: { redirect: 'http://127.0.0.1:1/' }, once: false },
};
/** Of the calls, only this one sends a value that a refusal could quote. */
const SENDS_VALUES = 'PutSecretValue';
const QUOTES = 'a refusal that quotes the request';
/** For a call of an operation that fails in all ways elsewhere. */
const FEW = ['a connection reset', 'an answer that is lost', 'malformed JSON', 'a denial'];

/** `isFew`: writes as `put` does, or reads as it does. Each on a store of its own, with `KEY` in an older and a current version, and an environment's with another value. */
const COMMANDS = {
  put: { args: ['put', '--from-file', `KEY=${value}`], done: (now) => now.KEY === NEW },
  'put --create': { args: ['put', '--from-file', `KEY=${value}`, '--create', '--tag', 'a=b', '--environment', 'new'], done: (_now, of) => of('env/new/secrets')?.KEY === NEW },
  'put to an empty store': { args: ['put', '--from-file', `KEY=${value}`, '--environment', 'empty'], done: (_now, of) => of('env/empty/secrets')?.KEY === NEW },
  rm: { isFew: true, args: ['rm', 'KEY', '--yes'], done: (now) => !('KEY' in now), again: 'key-missing' },
  import: { isFew: true, args: ['import', file, '--yes'], done: (now) => now.KEY === NEW },
  copy: { isFew: true, args: ['copy', 'env:other', 'repo', '--yes'], done: (now) => now.KEY === NEW },
  rollback: { args: ['rollback', '--yes'], done: (now) => now.KEY === undefined },
  delete: { args: ['delete', '--yes'], done: (now) => now === undefined, again: 'store-not-readable' },
  restore: { args: ['restore'], prepare: (cloud, name) => (cloud.secret(name).deleted = true), done: (now) => now !== undefined },
  list: { isFew: true, args: ['list', '--effective', '--environment', 'other'] },
  'list --stores': { isFew: true, args: ['list', '--stores'] },
  history: { isFew: true, args: ['history'] },
  diff: { isFew: true, args: ['diff', 'repo', 'env:other'], exitCode: 4 },
  'get --version-stage': { isFew: true, args: ['get', 'KEY', '--version-stage', 'AWSCURRENT', '--yes'], shows: OLD },
  export: { isFew: true, args: ['export', '--format', 'json', '--to', path.join(folder, 'exported')], file: path.join(folder, 'exported') },
};

let commandLine;
before(async () => {
  commandLine = await commandLineIn(path.join(folder, 'dist'));
});

describe('whatever call fails, and however', { concurrency: 5 }, () => {
  for (const [what, command] of Object.entries(COMMANDS)) {
    test(what, async (t) => {
      const own = await ownCloud(t);
      const { cloud, run, newStore } = own;
      const calls = await callsOf(what, command, own);
      const ends = {};
      for (const [index, { operation, skip }] of calls.entries()) {
        for (const [name, { fault, once }] of Object.entries(FAULTS)) {
          if (name === QUOTES && operation !== SENDS_VALUES) continue;
          if ((command.isFew || skip > 0) && !FEW.includes(name)) continue;
          // What passes may pass, or last; the rest is not tried again.
          const lasts = !once || ['a connection reset', 'an answer that is lost'].includes(name) || (index === 0 && !command.isFew && name !== 'a throttle');
          for (const times of [...(once ? [1] : []), ...(lasts ? [Infinity] : [])]) {
            const where = `${what}: ${name} ${times === 1 ? 'once' : 'for ever'} at ${operation} (${index + 1} of ${calls.length})`;
            const subject = newStore(command);
            cloud.fail({ operation, skip, times, fault });
            const ended = await run([...command.args, ...subject.flags]);
            cloud.clearFaults();
            saysNothing(ended, command, where);
            const { exitCode } = ended;
            const isDone = exitCode === (command.exitCode ?? 0);
            const end = isDone ? 'done' : (ended.code ?? `exit ${exitCode}`);
            ends[end] = (ends[end] ?? 0) + 1;
            if (!isDone) assert.equal(exitCode, 1, `${where}: ${ended.stderr}`);
            if (times === 1 && once) assert.ok(isDone, `${where}: ${ended.stderr}`);
            checkState(subject, command, isDone, where);
            assert.deepEqual((await readdir(folder)).filter((left) => /^\.|tmp|~$/.test(left)), [], where);
            if (command.file) rmSync(command.file, { force: true });

            // Again, with nothing in the way.
            if (isDone && !command.again) continue;
            const wasDone = command.done?.(subject.now(), subject.of) ?? false;
            const again = await run([...command.args, ...subject.flags]);
            saysNothing(again, command, where);
            if (wasDone && command.again) assert.equal(again.code, command.again, `${where}: ${again.stderr}`);
            else if (!(wasDone && what === 'rollback')) assert.equal(again.exitCode, command.exitCode ?? 0, `${where}: ${again.stderr}`);
            if (command.done && !(wasDone && what === 'rollback')) assert.ok(command.done(subject.now(), subject.of), `${where}, run again`);
            if (command.file) rmSync(command.file, { force: true });
          }
        }
      }
      t.diagnostic(`${what}: ${calls.map(({ operation }) => operation).join(', ')}: ${JSON.stringify(ends)}`);
    });
  }

  test('a service that does not answer, or drips, is left when the time is over', async (t) => {
    const { cloud, run, newStore } = await ownCloud(t);
    for (const [operation, fault] of [['GetSecretValue', 'noAnswer'], ['PutSecretValue', 'drip'], ['UpdateSecretVersionStage', 'noAnswer'], ['UpdateSecretVersionStage', { applied: true, noAnswer: true }]]) {
      const subject = newStore(COMMANDS.put);
      cloud.fail({ operation, times: Infinity, fault });
      const began = performance.now();
      const ended = await run([...COMMANDS.put.args, '--timeout-seconds', '1', ...subject.flags]);
      cloud.clearFaults();
      saysNothing(ended, COMMANDS.put, operation);
      assert.equal(ended.exitCode, 1, ended.stderr);
      assert.ok(performance.now() - began < 4000);
      assert.equal(subject.now().KEY, fault.applied ? NEW : OLD);
    }
  });
});

/** The calls that a command makes when nothing fails: the operation, and how many of the same come before. */
async function callsOf(what, command, { cloud, run, newStore }) {
  const subject = newStore(command);
  const before = cloud.requests.length;
  const ended = await run([...command.args, ...subject.flags]);
  assert.equal(ended.exitCode, command.exitCode ?? 0, `${what}: ${ended.stderr}`);
  checkState(subject, command, true, what);
  saysNothing(ended, command, what);
  if (command.file) rmSync(command.file, { force: true });
  const operations = cloud.requests.slice(before).map(({ operation }) => operation);
  assert.ok(operations.length > 0);
  return operations.map((operation, index) => ({ operation, skip: operations.slice(0, index).filter((earlier) => earlier === operation).length }));
}

function checkState({ now, of }, command, isDone, where) {
  if (command.file) {
    // Whole or not at all.
    assert.equal(existsSync(command.file), isDone, where);
    if (isDone) assert.deepEqual(JSON.parse(readFileSync(command.file, 'utf8')), { KEY: OLD, OTHER: 'other' }, where);
  }
  const [document, isNew] = [now(), command.done?.(now(), of)];
  if (isDone && command.done) assert.ok(isNew, `${where}: success was reported`);
  if (document !== undefined && command.args[0] !== 'rollback') assert.equal(document.OTHER, 'other', where);
  if (!command.done || !isNew) {
    if (document !== undefined && !isNew) assert.equal(document.KEY, OLD, where);
    assert.ok([undefined, NEW].includes(of('env/new/secrets')?.KEY), where);
  }
}

function saysNothing({ stdout, stderr, exitCode }, { shows }, where) {
  const said = shows && exitCode === 0 ? stderr : stdout + stderr;
  if (shows && exitCode === 0) assert.equal(stdout, shows);
  else if (exitCode === 1) assert.equal(stdout, '', where);
  assert.doesNotMatch(said, /canary/, where);
  // Ids and ports have digits of their own.
  const numbers = said.replaceAll(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}|127\.0\.0\.1:\d+/g, '').match(/\d+/g) ?? [];
  for (const { length } of [OLD, NEW]) assert.ok(!numbers.includes(String(length)), `${where}: ${length} in ${said}`);
  for (const trace of TRACES) assert.ok(!said.includes(trace), `${where}: ${trace} in ${said}`);
}

/** A cloud, and stores in it that no other call has. */
async function ownCloud(t) {
  const cloud = await startCloud({ versionQuota: false });
  t.after(() => cloud.close());
  const environment = { PATH: process.env.PATH, ...platformAt(cloud, folder) };
  let count = 0;
  return {
    cloud,
    run: (args) => commandLine(args, environment),
    newStore({ prepare = () => {} }) {
      count += 1;
      // Digits of its name could be those of a length.
      const repository = `octo-org/fault-${[...String(count)].map((digit) => 'zyxwvutsrq'[digit]).join('')}`;
      const named = (rest) => `octo-enterprise/repo/${repository}/${rest}`;
      cloud.putSecret(named('secrets'), { OTHER: 'other' });
      cloud.putSecret(named('secrets'), { KEY: OLD, OTHER: 'other' });
      cloud.putSecret(named('env/other/secrets'), { KEY: NEW });
      cloud.createSecret(named('env/empty/secrets'));
      prepare(cloud, named('secrets'));
      const of = (rest) => {
        const secret = cloud.secret(named(rest));
        const current = secret?.versions.find(({ stages }) => stages.includes('AWSCURRENT'));
        return current && !secret.deleted ? JSON.parse(current.value) : undefined;
      };
      return { of, now: () => of('secrets'), flags: ['--repository', repository, ...NAMESPACE] };
    },
  };
}
