// What the right job gets from its stores, as the committed bundle reads them: every kind of value, of store and of key.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CANARY, cloud, failed, newCloud, newRepository, run, storesAskedFor, storesOf, succeeded, TOGETHER, unexpected } from './jobs.mjs';

/** It keeps what it was asked for. */
const quiet = await newCloud();

describe('the right job', TOGETHER, () => {
  test('gets its values, the environment before the repository', async () => {
    const repository = newRepository({
      secrets: { TOKEN: `${CANARY}-repository`, KEY: `${CANARY}-key` },
      variables: { REPLICAS: 1, LEVEL: 'debug' },
      'env/production/secrets': { TOKEN: `${CANARY}-environment` },
      'env/production/variables': { REPLICAS: 12 },
    });
    const values = 'TOKEN,secret\nAPI_KEY,SECRET,KEY\nREPLICAS,variable\n\n  # a comment\n LEVEL , Variable \n';
    const step = await run({ repository, inputs: { values } });
    succeeded(step, {
      TOKEN: `${CANARY}-environment`,
      API_KEY: `${CANARY}-key`,
      REPLICAS: '12',
      LEVEL: 'debug',
    });
    const staging = await run({ repository, claims: { environment: 'staging' }, inputs: { values } });
    assert.equal(staging.env.TOKEN, `${CANARY}-repository`);
    assert.equal(staging.env.REPLICAS, '1');
    assert.match(staging.log.join('\n'), /Warning: Store \S+\/env\/staging\/secrets does not exist/);
  });

  test('without an environment gets the values of the repository, and no other store is asked for', async () => {
    const repository = newRepository({ secrets: { TOKEN: `${CANARY}-repository` } });
    const step = await run({ repository, claims: { environment: undefined } });
    succeeded(step, { TOKEN: `${CANARY}-repository` });
    assert.deepEqual(storesAskedFor(repository), [`${storesOf(repository)}/secrets`]);
  });

  test('gets every key of the store for `*`, but names of its own lines stay with those', async () => {
    const repository = newRepository({
      secrets: { ALPHA: `${CANARY}-a`, BETA: `${CANARY}-b`, GAMMA: `${CANARY}-c` },
      'env/production/secrets': { BETA: `${CANARY}-b2`, DELTA: `${CANARY}-d` },
      variables: { PLAIN: 'p' },
    });
    const step = await run({ repository, inputs: { values: '*,secret\nALPHA,secret,GAMMA\n*,variable' } });
    succeeded(step, {
      ALPHA: `${CANARY}-c`,
      BETA: `${CANARY}-b2`,
      GAMMA: `${CANARY}-c`,
      DELTA: `${CANARY}-d`,
      PLAIN: 'p',
    });
    assert.equal(step.outputs['values-loaded'], '5');
  });

  test('does without a key that is optional, and takes it where it is', async () => {
    const repository = newRepository({ secrets: { HERE: `${CANARY}-h` } });
    const values = 'HERE,secret,HERE,optional\nGONE,secret,,optional\nNULLED,secret,GONE,Optional';
    const step = await run({ repository, inputs: { values } });
    succeeded(step, { HERE: `${CANARY}-h` });
    assert.equal(step.outputs['values-loaded'], '1');
  });

  test('may write its lines with the line ends of Windows', async () => {
    const repository = newRepository({ secrets: { TOKEN: `${CANARY}-t`, KEY: `${CANARY}-k` } });
    succeeded(await run({ repository, inputs: { values: 'TOKEN,secret\r\n\r\nKEY,secret\r\n' } }), {
      TOKEN: `${CANARY}-t`,
      KEY: `${CANARY}-k`,
    });
  });

  test('reads only stores of the types that its lines name', async () => {
    const repository = newRepository({ variables: { PLAIN: 'p' } });
    succeeded(await run({ repository, inputs: { values: 'PLAIN,variable' } }), { PLAIN: 'p' });
    assert.deepEqual(storesAskedFor(repository), [
      `${storesOf(repository)}/env/production/variables`,
      `${storesOf(repository)}/variables`,
    ]);
  });
});

describe('a value', TOGETHER, () => {
  const written = {
    STRING: [`"${CANARY} as it is"`, `${CANARY} as it is`],
    EMPTY: ['""', ''],
    NUMBER: ['1.10', '1.10'],
    EXPONENT: ['-1.5E+3', '-1.5E+3'],
    BEYOND_DOUBLES: ['12345678901234567890.0', '12345678901234567890.0'],
    BOOLEAN: ['true', 'true'],
    OBJECT: [
      `{ "b" : "${CANARY} 1,  2", "a" : [ 1.0 , {} ] }`,
      `{"b":"${CANARY} 1,  2","a":[1.0,{}]}`,
    ],
    ARRAY: [`[\n  "${CANARY}\\" ]", 1\n]`, `["${CANARY}\\" ]",1]`],
    PEM: text(`-----BEGIN PRIVATE KEY-----\n${CANARY}MIIEvQIBADANBg\nkqhkiG9w0BAQEF+/==\n-----END PRIVATE KEY-----\n`),
    CRLF: text(`${CANARY}-1\r\n${CANARY}-2\r\n`),
    CARRIAGE_RETURNS: text(`${CANARY}-1\r${CANARY}-2`),
    LINE_BREAKS_AROUND: text(`\n\n${CANARY}\n\n`),
    SPACES_AROUND: text(`  ${CANARY}\t `),
    PERCENT: text(`${CANARY}%25 %0A %0D 100%`),
    COMMANDS: text(`::set-env name=EVIL::${CANARY}\n::add-mask::${CANARY}\n::stop-commands::x\n##[group]${CANARY}`),
    EMOJI: text(`${CANARY} 🔑 é ÿ \u2028 漢`),
    DELIMITER: text(`${CANARY}\nghadelimiter_0123456789abcdef0123456789abcdef\nEVIL=1\nEVIL<<EOF\n1\nEOF\n`),
    ASSIGNMENT: text(`A=B\nEVIL=${CANARY}`),
    BACKSLASHES: text(`${CANARY}\\n\\u0041"'\``),
  };
  const document = `{${Object.entries(written).map(([key, [json]]) => `"${key}": ${json}`).join(', ')}}`;
  const repository = newRepository({ secrets: document, variables: document });
  const names = Object.keys(written);
  const lines = names.flatMap((name) => [`${name},secret`, `V_${name},variable,${name}`]).join('\n');
  const loaded = run({ repository, inputs: { values: lines, 'export-outputs': 'true' } });

  for (const [name, [, expected]] of Object.entries(written)) {
    test(`arrives as it is written: ${name}`, async () => {
      const { env, outputs } = await loaded;
      for (const arrived of [env[name], env[`V_${name}`], outputs[name]]) assert.equal(arrived, expected);
    });
  }

  test('sets no variable but its own', async () => {
    const { env, outputs } = await loaded;
    const expected = names.flatMap((name) => [name, `V_${name}`]).sort();
    assert.deepEqual(Object.keys(env).sort(), expected);
    const ofTheStep = ['aws-account-id', 'role-session-name', 'values-loaded'];
    assert.deepEqual(Object.keys(outputs).sort(), [...expected, ...ofTheStep].sort());
  });

  test('gives the runner no command but masks, groups and warnings', async () => {
    const { commands } = await loaded;
    assert.deepEqual(unexpected(commands), []);
  });

  test('of a secret is masked line by line, and what is not secret in it stays readable', async () => {
    const { masker } = await loaded;
    for (const [, expected] of Object.values(written).filter(([, value]) => value.includes(CANARY))) {
      for (const line of expected.split(/[\r\n]+/).filter((part) => part.includes(CANARY))) {
        assert.doesNotMatch(masker.mask(`printed: ${line}`), new RegExp(CANARY));
      }
    }
    assert.equal(masker.mask('if (x) { y[0] }'), 'if (x) { y[0] }');
  });

  test('of a variable is not masked', async () => {
    const plain = newRepository({ variables: { LEVEL: 'debugging' } });
    const step = await run({ repository: plain, inputs: { values: 'LEVEL,variable' } });
    assert.equal(step.masker.mask('debugging'), 'debugging');
  });
});

describe('a store', TOGETHER, () => {
  for (const [what, document] of Object.entries({
    'an array': `["${CANARY}"]`,
    'a string': `"${CANARY}"`,
    'no JSON': `TOKEN=${CANARY}`,
    'half a document': `{"TOKEN": "${CANARY}`,
    'two documents': `{"TOKEN": "${CANARY}"} {}`,
    'binary data': Buffer.from([0xff, 0xfe, 0x00, 0x63]),
  })) {
    test(`that holds ${what} is named, and not quoted`, async () => {
      const repository = newRepository({ secrets: document });
      const name = `${storesOf(repository)}/secrets`;
      failed(await run({ repository }), 'store-not-an-object', new RegExp(`store ${name} is `));
    });
  }

  test('that does not exist is named', async () => {
    const repository = newRepository({});
    failed(await run({ repository }), 'store-not-found', new RegExp(`${storesOf(repository)}/secrets`));
  });

  test('that is marked for deletion is named', async () => {
    const repository = newRepository({});
    const secret = cloud.putSecret(`${storesOf(repository)}/secrets`, { TOKEN: CANARY });
    secret.deleted = true;
    failed(await run({ repository }), 'store-not-readable', new RegExp(`${storesOf(repository)}/secrets`));
  });

  test('may be written by PowerShell: with a byte order mark, as SecretBinary', async () => {
    const repository = newRepository({ secrets: Buffer.from(`\ufeff{"TOKEN": "${CANARY}"}`) });
    succeeded(await run({ repository }), { TOKEN: CANARY });
  });
});

describe('a key', TOGETHER, () => {
  test('that is missing fails the step; all that are missing are listed, with variable and stores', async () => {
    const repository = newRepository({
      secrets: { TOKEN: CANARY },
      variables: { PLAIN: 'p' },
      'env/production/secrets': {},
    });
    const values = 'TOKEN,secret\nA,secret\nB,secret,BEE\nC,variable\nPLAIN,variable';
    const step = await run({ repository, inputs: { values } });
    const base = storesOf(repository);
    failed(step, 'key-missing', new RegExp(`A: no key \`A\` in ${base}/env/production/secrets or ${base}/secrets`));
    assert.match(step.log.join('\n'), new RegExp(`B: no key \`BEE\` in .*${base}/secrets`));
    assert.match(step.log.join('\n'), new RegExp(`C: no key \`C\` in ${base}/variables`));
  });

  test('that is null is an error only if it is asked for', async () => {
    const repository = newRepository({ secrets: { TOKEN: CANARY, NOTHING: null } });
    succeeded(await run({ repository }), { TOKEN: CANARY });
    const asked = await run({ repository, inputs: { values: 'TOKEN,secret\nNOTHING,secret,NOTHING,optional' } });
    failed(asked, 'value-unusable', /NOTHING: key `NOTHING` of \S+\/secrets is null/);
    const step = await run({ repository, inputs: { values: '*,secret' } });
    succeeded(step, { TOKEN: CANARY });
    assert.ok(step.log.some((line) => /^Notice: `\*` skipped keys of \S+\/secrets that are null: `NOTHING`\./.test(line)));
    assert.ok(step.log.includes('▸ 1 value loaded'), step.log.join('\n'));
  });

  test('that ends in CR is written so that a runner for Windows keeps it', async () => {
    const repository = newRepository({ secrets: { TOKEN: `${CANARY}\r` } });
    const as = (platform) => `data:text/javascript,Object.defineProperty(process,'platform',{value:'${platform}'})`;
    const file = async (platform) => {
      const step = await run({ repository, environment: { NODE_OPTIONS: `--import "${as(platform)}"` } });
      assert.equal(step.exitCode, 0, step.log.join('\n'));
      return step.files.GITHUB_ENV.replaceAll(/ghadelimiter_\w+/g, 'X');
    };
    assert.equal(await file('linux'), `TOKEN<<X\n${CANARY}\r\nX\n`);
    assert.equal(await file('win32'), `TOKEN<<X\r\n${CANARY}\r\r\nX\r\n`);
  });

  test('whose name differs in case only is one, and the environment\'s', async () => {
    const repository = newRepository({
      secrets: { database_url: `${CANARY}-r`, TOKEN: CANARY },
      'env/production/secrets': { DATABASE_URL: `${CANARY}-e` },
    });
    const claims = { environment: 'production' };
    const all = { values: '*,secret', 'export-outputs': 'true' };
    const step = await run({ repository, claims, inputs: all });
    succeeded(step, { DATABASE_URL: `${CANARY}-e`, TOKEN: CANARY });
    assert.ok(!('database_url' in step.outputs));
    const clash = newRepository({ secrets: { aws_access_key_id: CANARY } });
    const inputs = { values: '*,secret', 'export-aws-credentials': 'env' };
    failed(await run({ repository: clash, inputs }), 'value-unusable', /aws_access_key_id: .* would set what/);
    const both = newRepository({ secrets: { Token: CANARY, TOKEN: CANARY } });
    failed(await run({ repository: both, inputs: { values: '*,secret' } }), 'name-unusable', /`Token`.*`TOKEN`|`TOKEN`.*`Token`/);
  });

  for (const name of ['STATE_isPost', 'MAKEFLAGS', 'npm_config_script_shell', 'HTTPS_PROXY', 'DOCKER_HOST']) {
    test(`${name} is not taken by \`*\`, and nothing else is then`, async () => {
      const repository = newRepository({ secrets: { TOKEN: CANARY, [name]: CANARY } });
      failed(await run({ repository, inputs: { values: '*,secret' } }), 'name-unusable', new RegExp(`key \`${name}\` of .*refused`));
    });
  }

  test('that redirects is loaded if a line names it', async () => {
    const repository = newRepository({ variables: { NO_PROXY: 'internal.example' } });
    succeeded(await run({ repository, inputs: { values: 'NO_PROXY,variable\n*,variable' } }), { NO_PROXY: 'internal.example' });
  });

  test('that holds a NUL character or half a surrogate pair is named', async () => {
    const repository = newRepository({ secrets: `{"N": "${CANARY}\\u0000", "S": "${CANARY}\\ud800"}` });
    const step = await run({ repository, inputs: { values: 'N,secret\nS,secret' } });
    failed(step, 'value-unusable', /N: key `N` of .*NUL/);
    assert.match(step.log.join('\n'), /S: key `S` of .*surrogate/);
  });

  test('that `*` finds is refused if its name is no variable, would change later steps, or is taken', async () => {
    const repository = newRepository({
      secrets: { 'a-b': CANARY, PATH: CANARY, TWICE: CANARY, 'x\n::add-mask::y': CANARY },
      variables: { TWICE: CANARY },
    });
    const step = await run({ repository, inputs: { values: '*,secret\n*,variable' } });
    failed(step, 'name-unusable', /key `a-b` of /);
    for (const key of ['PATH', 'TWICE']) assert.match(step.log.join('\n'), new RegExp(`key \`${key}\` of `));
    assert.deepEqual(unexpected(step.commands), []);
    assert.ok(!step.masker.masks.has('y'));
  });
});

describe('a step switched from gravitational\'s action', TOGETHER, () => {
  test('may be given no values', async () => {
    for (const values of ['', '\n# none\n']) {
      const step = await run({ on: quiet, inputs: { values, 'github-enterprise-name': '' } });
      succeeded(step, {});
      assert.deepEqual(step.outputs, { 'aws-account-id': '123456789012', 'role-session-name': '', 'values-loaded': '0' });
      assert.ok(step.log.some((line) => line.startsWith('Notice: No value was loaded')), step.log.join('\n'));
    }
    assert.deepEqual(quiet.requests, []);
  });

  test('may run in an environment that no store can be named after', async () => {
    const repository = newRepository({ secrets: { TOKEN: CANARY } });
    const claims = { environment: 'production eu' };
    const step = await run({ repository, claims });
    succeeded(step, { TOKEN: CANARY });
    assert.ok(step.log.some((line) => /^Warning: Environment `production eu` has no store/.test(line)), step.log.join('\n'));
    const required = await run({ repository, claims, inputs: { 'environment-store': 'required' } });
    failed(required, 'claim-unusable', /claim `environment` .*`production eu`/);
  });
});

/** A value as JSON has it, and as it must arrive. */
function text(value) {
  return [JSON.stringify(value), value];
}
