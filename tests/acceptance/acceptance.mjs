// `node tests/acceptance/acceptance.mjs COMMAND`, which .github/workflows/acceptance.yml runs; docs/acceptance.md explains it.
//   policy       prints what the deploying role may do
//   deploy       deploys for this repository, and writes acceptance/plan.json
//   ask JOB      asks all questions of the plan in this job, and writes acceptance/result-JOB.json
//   inputs       prints those of the action for the first question, as outputs of a step
//   measured     the same for the one that the action itself has answered in this job, from its outcome and time
//   compare      all results against the plan: prints the report, fails if an answer is wrong
//   tear-down    removes everything
// ACCEPTANCE_ACCOUNT, ACCEPTANCE_REGION and ACCEPTANCE_PREFIX say where.

import { appendFileSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { deploy, deployPolicy, providerArnOf, tearDown } from './account.mjs';
import { ask, claimsOfJob, inputsFor } from './ask.mjs';
import { documentFor, expected, questionsOf } from './plan.mjs';
import { report } from './report.mjs';

const PROPAGATION_SECONDS = 180;
const ISSUER = 'https://token.actions.githubusercontent.com';

/**
 * @param {string[]} args
 * @param {object} [options] of the tests, which ask fewer questions: `select` gets them all, and the job's claims
 * @returns {Promise<number>} an exit code
 */
export async function main([command, job], options = {}) {
  const { environment = process.env, folder = 'acceptance', print = console.log, node, select = (questions) => questions } = options;
  const { ACCEPTANCE_ACCOUNT: account, ACCEPTANCE_REGION: region, ACCEPTANCE_PREFIX: prefix } = environment;
  const file = (name) => path.join(folder, name);
  const readPlan = () => JSON.parse(readFileSync(file('plan.json'), 'utf8'));
  const write = (name, value) => writeFileSync(file(name), `${JSON.stringify(value, null, 2)}\n`);
  const planned = async () => {
    if (!/^\d{12}$/.test(account ?? '') || !/^[a-z]{2}(-[a-z]+)+-\d$/.test(region ?? '') || !/^[a-z][a-z0-9-]{2,31}$/.test(prefix ?? '')) {
      throw new Error('ACCEPTANCE_ACCOUNT is 12 digits, ACCEPTANCE_REGION a region, ACCEPTANCE_PREFIX 3 to 32 lower-case letters, digits and hyphens');
    }
    const claims = await claimsOfJob(environment);
    if (claims === undefined) throw new Error('this job has no permission id-token: write');
    return { document: documentFor(claims, { account, region, prefix }), partition: partitionOf(region), prefix, folder: file('generated'), claims };
  };
  mkdirSync(folder, { recursive: true });
  switch (command) {
    case 'policy': {
      const partition = partitionOf(region);
      const providerArn = providerArnOf({ github: { issuer: ISSUER }, aws: { account } }, partition);
      print(JSON.stringify(deployPolicy({ account, region, prefix, partition, providerArn }), null, 2));
      return 0;
    }
    case 'deploy': {
      const { claims, ...where } = await planned();
      const plan = await deploy(where);
      plan.deployed.notes.push(`the deploying job's token has the claims ${Object.keys(claims).sort().join(', ')}`);
      plan.deployed.notes.push(await untilItWorks(plan, claims, environment, node));
      write('plan.json', plan);
      return 0;
    }
    case 'ask': {
      const plan = readPlan();
      const claims = await claimsOfJob(environment);
      const questions = select(questionsOf(plan.document), claims);
      // Without a token all answers are one.
      const results = await ask({ plan, claims, environment, questions: claims ? questions : questions.slice(0, 1), node });
      write(`result-${job}.json`, { job, results });
      for (const { role, store, expected, got, said } of results) print(`${got === expected ? 'as expected' : 'WRONG'}: ${role} ${store}: ${got} ${said}`);
      return 0;
    }
    case 'inputs': {
      const plan = readPlan();
      print(Object.entries(inputsFor(plan, questionsOf(plan.document)[0])).map(([name, value]) => `${name}=${value}`).join('\n'));
      return 0;
    }
    case 'measured': {
      const { document } = readPlan();
      const [question] = questionsOf(document);
      const got = environment.OUTCOME === 'success' && environment.VALUES_LOADED === '1' ? 'loaded' : `the step ended with ${environment.OUTCOME}`;
      const milliseconds = Number(environment.ENDED_AT_MS) - Number(environment.BEGAN_AT_MS);
      write('result-action.json', { job: 'action', results: [{ ...question, expected: expected(document, await claimsOfJob(environment), question), got, milliseconds, said: '' }] });
      return 0;
    }
    case 'compare': {
      const named = readdirSync(folder).filter((name) => /^result-.*\.json$/.test(name)).sort();
      const results = Object.fromEntries(named.map((name) => JSON.parse(readFileSync(file(name), 'utf8'))).map(({ job, results }) => [job, results]));
      const { problems, markdown } = report(results, readPlan());
      writeFileSync(file('report.md'), markdown);
      if (environment.GITHUB_STEP_SUMMARY) appendFileSync(environment.GITHUB_STEP_SUMMARY, markdown);
      print(markdown);
      return problems.length === 0 ? 0 : 1;
    }
    case 'tear-down': {
      const { claims, ...where } = await planned();
      const failures = await tearDown(where);
      failures.forEach((failure) => print(failure));
      return failures.length === 0 ? 0 : 1;
    }
    default:
      throw new Error('no such command: policy, deploy, ask JOB, inputs, measured, compare, tear-down');
  }
}

/** A new role and its policy take a while to be everywhere. Says how long, which nobody documents. */
export async function untilItWorks(plan, claims, environment, node) {
  const [question] = questionsOf(plan.document);
  const began = Date.now();
  for (;;) {
    const [{ got, said }] = await ask({ plan, claims, environment, questions: [question], node });
    const seconds = Math.round((Date.now() - began) / 1000);
    if (got === 'loaded') return `the first value could be read ${seconds} s after the last call of the deployment`;
    if (seconds > PROPAGATION_SECONDS) throw new Error(`after ${seconds} s the first question is answered ${got}: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, 3000));
  }
}

function partitionOf(region) {
  if (region?.startsWith('us-gov-')) return 'aws-us-gov';
  return region?.startsWith('cn-') ? 'aws-cn' : 'aws';
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
