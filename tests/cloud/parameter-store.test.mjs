// The local cloud's Parameter Store, called by boto3: what it takes, what it refuses, and what it asks IAM about.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, describe, test } from 'node:test';
import { inVenv } from '../runner/venv.mjs';
import { startCloud } from './cloud.mjs';

/** Reads calls from stdin, one JSON a line, and prints what comes of each. */
const CALLS = `
import boto3, json, sys
from botocore.config import Config
from botocore.exceptions import ClientError
ssm = boto3.client("ssm", endpoint_url=sys.argv[1], region_name="us-west-2", aws_access_key_id=sys.argv[2],
                   aws_secret_access_key=sys.argv[3], config=Config(parameter_validation=False, retries={"total_max_attempts": 1}))
for line in sys.stdin:
    operation, arguments = json.loads(line)
    try:
        answer = getattr(ssm, operation)(**arguments)
        answer.pop("ResponseMetadata")
        print(json.dumps(answer, default=str))
    except ClientError as error:
        print(json.dumps({"code": error.response["Error"]["Code"], "message": error.response["Error"]["Message"]}))
`;
const ARN = 'arn:aws:ssm:us-west-2:123456789012:parameter';

const cloud = await startCloud();
after(() => cloud.close());
const admin = cloud.addUser('admin', policy('ssm:*', '*'));

describe("the local cloud's Parameter Store", () => {
  test('keeps versions and labels, and finds them by name and by ARN', async () => {
    const put = (Value, more = {}) => ['put_parameter', { Name: '/a/b', Value, Type: 'SecureString', ...more }];
    const answers = await calls(admin, [
      put('one'),
      put('two'),
      put('two', { Overwrite: true }),
      ['label_parameter_version', { Name: '/a/b', ParameterVersion: 1, Labels: ['live', '1st', 'aws-x'] }],
      ['get_parameters', { Names: ['/a/b', '/a/b:1', '/a/b:live', `${ARN}/a/b:2`, '/a/b:3', '/a/c', 'a/b'], WithDecryption: true }],
      ['label_parameter_version', { Name: '/a/b', Labels: ['live'] }],
      ['get_parameters', { Names: [`${ARN}/a/b:live`], WithDecryption: true }],
      ['get_parameters', { Names: ['/a/b'] }],
    ]);
    assert.deepEqual(answers[0], { Version: 1, Tier: 'Standard' });
    assert.equal(answers[1].code, 'ParameterAlreadyExists');
    assert.deepEqual(answers[2], { Version: 2, Tier: 'Standard' });
    assert.deepEqual(answers[3], { InvalidLabels: ['1st', 'aws-x'], ParameterVersion: 1 });
    const shown = answers[4].Parameters.map(({ Name, Value, Version, Selector }) => [Name, Value, Version, Selector]);
    assert.deepEqual(shown, [['/a/b', 'two', 2, undefined], ['/a/b', 'one', 1, ':1'], ['/a/b', 'one', 1, ':live'], ['/a/b', 'two', 2, ':2']]);
    assert.deepEqual(answers[4].InvalidParameters, ['/a/b:3', '/a/c', 'a/b']);
    assert.equal(answers[6].Parameters[0].Value, 'two', 'a label moves');
    assert.doesNotMatch(answers[7].Parameters[0].Value, /two/);
  });

  test('refuses what AWS refuses', async () => {
    const names = (count) => Array.from({ length: count }, (_, i) => `/n/${i}`);
    const put = (Name, Value = 'v', more = {}) => ['put_parameter', { Name, Value, Type: 'String', ...more }];
    const expected = [
      [['get_parameters', { Names: names(11) }], 'ValidationException'],
      [['get_parameters', { Names: [] }], 'ValidationException'],
      [['get_parameters', { Names: ['/a', '/a'] }], 'ValidationException'],
      [['get_parameters_by_path', { Path: 'a' }], 'ValidationException'],
      [['get_parameters_by_path', { Path: '/a', MaxResults: 11 }], 'ValidationException'],
      [['get_parameters_by_path', { Path: '/a', NextToken: 'x' }], 'InvalidNextToken'],
      [put('/x y'), 'ValidationException'],
      [put('x/y'), 'ValidationException'],
      [put('/aws/x'), 'ValidationException'],
      [put(`/${names(16).map(() => 'l').join('/')}`), 'HierarchyLevelLimitExceededException'],
      [put('/long', 'v'.repeat(4097)), 'ValidationException'],
      [put('/longer', 'v'.repeat(4097), { Tier: 'Advanced' }), undefined],
      [put('/twin'), undefined],
      [put('twin'), 'ParameterAlreadyExists'],
    ];
    const answers = await calls(admin, expected.map(([call]) => call));
    answers.forEach(({ code }, index) => assert.equal(code, expected[index][1], JSON.stringify(expected[index][0])));
  });

  test('asks IAM about each name, and about a path alone as it is written', async () => {
    for (const name of ['/p/A', '/p/q/B', '/pq/C']) cloud.putParameter(name, name);
    const read = (policies) => cloud.addUser(`user-${Math.random()}`, policies);
    const get = (...Names) => ['get_parameters', { Names }];
    const below = (Path, more) => ['get_parameters_by_path', { Path, Recursive: true, ...more }];
    const byName = await calls(read(policy('ssm:GetParameters', `${ARN}/p/*`)), [get('/p/A', '/p/q/B'), get('/p/A', '/pq/C'), get('/pq/absent'), below('/p/')]);
    assert.equal(byName[0].Parameters.length, 2);
    assert.match(byName[1].message, /not authorized to perform: ssm:GetParameters on resource: arn:aws:ssm:us-west-2:123456789012:parameter\/pq\/C because/);
    assert.deepEqual(byName.slice(2).map(({ code }) => code), ['AccessDeniedException', 'AccessDeniedException']);
    const deny = { Effect: 'Deny', Action: 'ssm:*', Resource: `${ARN}/p/q/*` };
    const document = policy('ssm:GetParametersByPath', `${ARN}/p/*`);
    document.Statement.push(deny);
    const byPath = await calls(read(document), [below('/p/'), below('/p'), below('/p/q/'), below('/p/', { Recursive: false }), below('/')]);
    assert.deepEqual(byPath[0].Parameters.map(({ Name }) => Name), ['/p/A', '/p/q/B'], 'a denial below the path has no effect');
    assert.match(byPath[1].message, /on resource: arn:aws:ssm:us-west-2:123456789012:parameter\/p because/);
    assert.equal(byPath[2].code, 'AccessDeniedException');
    assert.deepEqual(byPath[3].Parameters.map(({ Name }) => Name), ['/p/A']);
    assert.equal(byPath[4].code, 'AccessDeniedException');
  });

  test('takes no other signature', async () => {
    const [answer] = await calls({ ...admin, secretAccessKey: 'another' }, [['get_parameters', { Names: ['/a'] }]]);
    assert.equal(answer.code, 'InvalidSignatureException');
  });
});

async function calls({ accessKeyId, secretAccessKey }, list) {
  const child = spawn(inVenv('python'), ['-c', CALLS, cloud.url, accessKeyId, secretAccessKey], { stdio: ['pipe', 'pipe', 'inherit'] });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (printed += text));
  child.stdin.end(list.map((call) => JSON.stringify(call)).join('\n'));
  const [status] = await once(child, 'close');
  assert.equal(status, 0);
  return printed.trim().split('\n').map((line) => JSON.parse(line));
}

function policy(Action, Resource) {
  return { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource }] };
}
