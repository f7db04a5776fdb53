import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Admin, Generated, InitPlace, InitPlan, InitStep } from '../../host/admin.d.ts';
import { followed } from '../../host/aws-files.ts';
import { askFor, confirmed, hasTerminal } from '../ask.ts';
import type { Command } from '../command.ts';
import { EnvKvstoreError, printable } from '../errors.ts';
import { prepare, prepareFiles, targetsIn, type Prepared } from '../generated-files.ts';
import { proved, refuseWrong } from '../generating.ts';
import { listed, partsOf, textsOf, type Texts } from '../rule-files.ts';
import { admin } from '../load-admin.ts';
import { declined } from '../manage.ts';
import { print } from '../output.ts';
import { printJson, shellLine } from '../report.ts';
import { readTextFile } from '../text-files.ts';
import { wrongUsage } from '../usage.ts';

export const init: Command = {
  name: 'init',
  summary: 'ask what a team needs, and make kvstore.json and the set-up of AWS from the answers',
  usage: '[FLAGS]',
  operands: 'words',
  about: [
    'Asks whose jobs may read values, which AWS account holds them, and which task needs them: testing pull requests, deploying from main, ' +
      'deploying to staging and then production, the teams of a monorepo, or a workflow that repositories share. Writes kvstore.json, generates ' +
      'the set-up and its proof from it, and says what to run next and who runs it.',
    'If there is a kvstore.json, it adds a task to it, asks only what the file does not say, and keeps every other byte of it. All files are written ' +
      'or none is. Files that somebody has edited are not touched. Sends nothing.',
    'With --from it asks for Vault and the ids of the repositories, and makes a kvstore.json of what the files say. What it had to change, or to ' +
      'leave out because it would have let in other jobs, it lists with file and line.',
  ],
  inputs: [],
  flags: [
    { name: 'from', value: 'FILE', isFile: true, repeated: true, help: "For Vault: JSON files of DigitalOcean's Terraform module (oidc_bindings), and the policies that they name as NAME.hcl. May be repeated; further files can follow without it." },
    { name: 'answers', value: 'FILE', isFile: true, help: 'A JSON object with the answers; then nothing is asked. Those that have a default may be absent. - is stdin.' },
    { name: 'file', value: 'FILE', isFile: true, help: 'The file to write. Default: kvstore.json.' },
    { name: 'to', value: 'FOLDER', isFile: true, help: 'Where to generate. Default: the folder generated beside the file.' },
    { name: 'yes', help: 'Write without a question at the end.' },
    { name: 'json', help: 'Print one JSON object to stdout, with "version": 1.' },
  ],
  examples: [
    { what: 'At a terminal:', command: 'env-kvstore init' },
    { what: 'From oidc_bindings and their policies:', command: 'env-kvstore init --from bindings/*.json policies/*.hcl' },
    { what: 'In a script:', command: 'env-kvstore init --answers answers.json --json' },
  ],

  async run({ own, switches, operands }) {
    const from = [...(own['from']?.split('\n') ?? []), ...operands];
    if (own['from'] === undefined && operands.length > 0) throw wrongUsage(`${printable(operands[0]!)} is not expected here`, 'See env-kvstore init --help.');
    const file = own['file'] ?? 'kvstore.json';
    const folder = own['to'] ?? path.join(path.dirname(file), 'generated');
    const answers = own['answers'];
    if (answers === undefined && !hasTerminal()) {
      throw wrongUsage('init asks questions, and there is no terminal to ask at', 'Pass the answers by --answers FILE. Nothing was written.');
    }
    const wasm = await admin();
    const before = existsSync(file) ? await textsOf(file) : [];
    const read = async (name: string): Promise<Texts[number]> => [name, await readTextFile(name, 'rules')];
    const place = { file, folder, made: targetsIn(folder), from: await Promise.all(from.map(read)) };
    const plan = answers === undefined ? await atTerminal(wasm, before, place) : await fromFile(wasm, before, place, answers);

    const after: Texts = [[path.basename(file), plan.text], ...(before.length > 0 ? before.slice(1) : await partsOf(file))];
    const generated = plan.targets.map((target) => [target, wasm.generate(...columns(after), target)] as const);
    generated.forEach(([, made]) => refuseWrong(made, file));
    const count = generated.reduce((sum, [, { files }]) => sum + files.length, 0);
    if (plan.notes !== undefined) console.error(`Not as in the files:\n${listed(plan.notes)}`);
    console.error(proved(generated[0]![1]));
    const what = `Write ${printable(file)} and ${count} files in ${printable(folder)}?`;
    if (!(await confirmed(what, switches.has('yes') || answers !== undefined))) {
      declined();
      return 1;
    }
    refuseChanged(file, before);
    write(file, folder, plan, generated);
    console.error(`Wrote ${printable(file)} and ${count} files in ${printable(folder)}.`);
    if (switches.has('json')) {
      const { allowed, denied } = generated[0]![1];
      const files = generated.flatMap(([, made]) => made.files.map((each) => each.path));
      const { bindings, targets, next, notes } = plan;
      await printJson({ command: 'init', file, folder, bindings, targets, files, allowed, denied, next, ...(notes && { notes }) });
    } else {
      await print(nextSteps(plan));
    }
    return 0;
  },
};

async function atTerminal(wasm: Admin, before: Texts, place: InitPlace): Promise<InitPlan> {
  const answers: string[] = [];
  const stepAfter = (more: string[]) => wasm.initStep(...columns(before), [...answers, ...more], place);
  let step = stepAfter([]);
  refuse(step, `${printable(place.file)} cannot be used`);
  console.error('Nothing is sent, and nothing is written before the end. Ctrl-C leaves.');
  while (!step.plan) {
    const { key, explain, ...question } = step.question!;
    explain.forEach((line) => console.error(`  ${printable(line)}`));
    const answer = await askFor(question, (answer) => {
      const { problems } = stepAfter([key, answer]);
      return problems.length === 0 || printable(problems.map(({ message }) => message).join('; '));
    });
    answers.push(key, answer);
    step = stepAfter([]);
    refuse(step, 'the answers cannot be used');
  }
  return step.plan;
}

async function fromFile(wasm: Admin, before: Texts, place: InitPlace, answers: string): Promise<InitPlan> {
  const text = await readTextFile(answers);
  const step = wasm.initFromFile(...columns(before), answers === '-' ? 'stdin' : answers, text, place);
  refuse(step, 'the answers cannot be used');
  return step.plan!;
}

function refuse({ problems }: InitStep, what: string): void {
  if (problems.length > 0) throw wrongUsage(`${what}:\n${listed(problems)}`, 'Nothing was written.');
}

function columns(texts: Texts): [names: string[], texts: string[]] {
  return [texts.map(([name]) => name), texts.map(([, text]) => text)];
}

/** Somebody may have edited the file while the questions were asked. */
function refuseChanged(file: string, [root]: Texts): void {
  const now = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  if (now === root?.[1]) return;
  throw new EnvKvstoreError({
    code: 'file-edited',
    message: `${printable(file)} was changed while init was running`,
    hint: 'Run it again. Nothing was written.',
  });
}

/** All files, or none if one of them cannot be written. */
function write(file: string, folder: string, { text }: InitPlan, generated: (readonly [string, Generated])[]): void {
  const prepared: Omit<Prepared, 'stale'>[] = [];
  try {
    for (const [target, { files }] of generated) prepared.push(prepare(folder, target, files));
    prepared.push(prepareFiles([[followed(file), text]]));
  } catch (error) {
    prepared.reverse().forEach(({ discard }) => discard());
    throw error;
  }
  prepared.forEach(({ commit }) => commit());
}

function nextSteps({ next }: InitPlan): string {
  const steps = next.map(({ who, what, commands, workflow }, index) => {
    const lines = [...commands.map(shellLine), ...(workflow?.trimEnd().split('\n') ?? [])];
    return `${index + 1}. ${printable(who)}: ${printable(what)}\n${lines.map((line) => `     ${printable(line)}\n`).join('')}`;
  });
  return `\nNext:\n${steps.join('')}`;
}
