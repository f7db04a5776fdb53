// Parameters of ministack, an emulator that verifies signatures and evaluates the policies of users, read by the committed
// bundle with the keys of such a user.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { runStep } from '../runner/step.mjs';
import { inVenv } from '../runner/venv.mjs';
import { startMinistack } from './server.mjs';

const ARN = 'arn:aws:ssm:us-west-2:000000000000:parameter';
const PUT = `
import boto3, sys
ssm = boto3.client("ssm", endpoint_url=sys.argv[1], region_name="us-west-2", aws_access_key_id="test", aws_secret_access_key="test")
for name, kind, value in [
    ("/mini/KEY", "SecureString", "canary-1"), ("/mini/KEY", "SecureString", "canary-2"), ("/mini/x/LIST", "StringList", "canary-a,canary-b"),
    ("PLAIN", "String", "canary-plain"), ("/ROOT", "String", "canary-root"), ("/private/KEY", "SecureString", "canary-private"),
    *((f"/many/M{i}", "SecureString", f"canary-{i}") for i in range(1, 24)),
]:
    ssm.put_parameter(Name=name, Type=kind, Value=value, Overwrite=True)
ssm.label_parameter_version(Name="/mini/KEY", ParameterVersion=1, Labels=["live"])
`;

describe("ministack's Parameter Store", () => {
  /** @type {Awaited<ReturnType<typeof startMinistack>>} */
  let other;
  let keys;
  let strangersKeys;

  before(async () => {
    other = await startMinistack();
    execFileSync(inVenv('python'), ['-c', PUT, other.url]);
    const Version = '2012-10-17';
    // ministack asks about both actions for all resources at once.
    const Action = ['ssm:GetParameters', 'ssm:GetParametersByPath'];
    keys = other.addUser('reader', { Version, Statement: [{ Effect: 'Allow', Action, Resource: '*' }] });
    strangersKeys = other.addUser('stranger', { Version, Statement: [{ Effect: 'Allow', Action: 'ssm:GetParameter', Resource: '*' }] });
  });
  after(() => other?.stop());

  test('gives parameters by ARN, decrypted, by version and label, and all below a path', async () => {
    const lines = [`KEY=${ARN}/mini/KEY`, `OLD=${ARN}/mini/KEY:1`, `LIVE=${ARN}/mini/KEY:live`, `PLAIN=${ARN}/PLAIN`, `ROOT=${ARN}/ROOT`, `*=${ARN}/many/*`];
    const { exitCode, env, log } = await step(lines);
    assert.equal(exitCode, 0, log.join('\n'));
    const { KEY, OLD, LIVE, PLAIN, ROOT, ...many } = env;
    assert.deepEqual([KEY, OLD, LIVE, PLAIN, ROOT], ['canary-2', 'canary-1', 'canary-1', 'canary-plain', 'canary-root']);
    assert.deepEqual(many, Object.fromEntries(Array.from({ length: 23 }, (_, i) => [`M${i + 1}`, `canary-${i + 1}`])));
  });

  test('lists what it does not have, and each is named', async () => {
    const { exitCode, files, log } = await step([`KEY=${ARN}/mini/KEY`, `A=${ARN}/mini/absent`, `B=${ARN}/absent`, `C=${ARN}/mini/KEY:9`]);
    assert.equal(exitCode, 1);
    const named = log.filter((line) => line.startsWith('- GetParameters')).map((line) => /for (\S+) /.exec(line)[1]);
    assert.deepEqual(named.sort(), ['/mini/KEY', '/mini/absent', 'absent'], log.join('\n'));
    assert.equal(files.GITHUB_ENV, '');
  });

  test('denies what the policy does not allow, and exactly that is named', async () => {
    const { exitCode, files, log } = await step([`KEY=${ARN}/mini/KEY`, `PRIVATE=${ARN}/private/KEY`], strangersKeys);
    assert.equal(exitCode, 1);
    assert.match(log.join('\n'), /Error: store-access-denied: .*- GetParameters for \/mini\/KEY .*- GetParameters for \/private\/KEY /s);
    assert.match(log.join('\n'), /Allow `ssm:GetParameters` on arn:aws:ssm:us-west-2:000000000000:parameter\/private\/KEY /);
    assert.equal(files.GITHUB_ENV, '');
    const path = await step([`*=${ARN}/private/*`], strangersKeys);
    assert.match(path.log.join('\n'), /Error: store-access-denied: GetParametersByPath for \/private\/\* /);
  });

  test('takes no other signature', async () => {
    const { exitCode, log } = await step([`KEY=${ARN}/mini/KEY`], { secretAccessKey: 'another' });
    assert.equal(exitCode, 1);
    assert.match(log.join('\n'), /Error: (signature|credentials)-refused: /);
  });

  function step(lines, { accessKeyId, secretAccessKey } = {}) {
    return runStep({
      inputs: { identity: 'environment', 'aws-region': 'us-west-2', values: '', secrets: lines.join('\n') },
      environment: {
        AWS_ACCESS_KEY_ID: accessKeyId ?? keys.accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey ?? keys.secretAccessKey,
        AWS_ENDPOINT_URL: other.url,
      },
    });
  }
});
