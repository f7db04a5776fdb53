// What the action's migration has put into a bucket, decrypted and written into the stores that it belongs to.
import type { Change, Changed, Creation, StoreName } from '../host/admin.d.ts';
import { confirmed } from './ask.ts';
import type { Arguments } from './command.ts';
import { EnvKvstoreError, printable } from './errors.ts';
import { declined, type Session } from './manage.ts';
import { print } from './output.ts';
import { beginAsking } from './plan.ts';
import { whileWorking } from './progress.ts';
import { counted, isSame, marked, printJson, storeInJson } from './report.ts';
import { readTextFile } from './text-files.ts';
import { missing, wrongUsage } from './usage.ts';

type Age = typeof import('./parts/age.ts');

/** The place of an object, as its key says it. */
interface Place {
  key: string;
  enterprise: string;
  repository: string;
  workflow: string;
  /** None is a job without one. */
  environment?: string;
  run: bigint;
}

/** What one run has had: names with texts. */
interface Contexts {
  secrets: Record<string, string>;
  vars: Record<string, string>;
}

type Run = Place & Contexts;

interface Skipped {
  object: string;
  reason: string;
}

/** What becomes of one store. */
interface Planned {
  change: Change;
  plan: Changed;
}

const NO_ENVIRONMENT = '__noenv__';
const DECLINED = 1;

export function isBucket(operand: string): boolean {
  return operand.startsWith('s3://');
}

/** Reads everything, shows the plan of each store, asks once, and writes store by store. Resolves to the exit code. */
export async function importObjects(operand: string, args: Arguments, create: Creation | undefined): Promise<number> {
  const { own, switches } = args;
  const [, bucket, prefix = ''] = /^s3:\/\/([^/]+)(?:\/(.*))?$/s.exec(operand) ?? [];
  if (bucket === undefined) throw wrongUsage('the bucket is not s3://BUCKET/PREFIX');
  const unfit = [...['replace', 'variable'].filter((name) => switches.has(name)), ...(own['environment'] === undefined ? [] : ['environment'])];
  if (unfit.length > 0) throw wrongUsage(`--${unfit[0]} does not go with s3://: the objects say which stores are written`);
  const file = own['age-identity'] ?? missing('--age-identity FILE with s3://');
  // Before the identity is read: from then on stdin may be used up.
  const session = await beginAsking(args, false);
  const age = await import('./parts/age.ts');
  const identities = identitiesIn(await readTextFile(file), file);
  const recipients = await recipientsOf(identities, file, age);

  const { keys } = await session.ask({ task: 'objects', bucket, prefix }, 'Listing objects');
  const skipped: Skipped[] = [];
  const places = placesOf(keys, own['repository'], skipped);
  const runs = await newestRuns(places, bucket, session, { age, identities, recipients }, skipped);
  const differing = differencesBetween(runs);
  if (runs.length === 0) {
    const message = `s3://${bucket}/${prefix} has no object of a migration that this identity can decrypt`;
    throw new EnvKvstoreError({ code: 'invalid-input', message, hint: 'Check the prefix, the identity and --repository. Nothing was written.' });
  }

  const writing = await begunAs(namespaceOf(runs, args), args);
  const stores = mergedStores(runs);
  const planned = await plannedChanges(stores, writing, switches.has('allow-any-key'), create);
  const isDryRun = switches.has('dry-run');
  const report = { bucket, skipped, differing, isDryRun, isJson: session.isJson };
  const isToWrite = planned.some(({ plan }) => !isSame(plan.keys));
  if (isDryRun || !isToWrite) {
    await reportAll(report, planned.map(({ plan }) => plan));
    return 0;
  }
  if (!switches.has('yes')) process.stderr.write(shown(report, planned.map(({ plan }) => plan), process.stderr));
  const changing = planned.filter(({ plan }) => !isSame(plan.keys));
  const all = counted(changing.flatMap(({ plan }) => plan.keys));
  if (!(await confirmed(`Write ${changing.length === 1 ? 'this store' : `these ${changing.length} stores`}: ${all}?`, switches.has('yes')))) {
    declined();
    return DECLINED;
  }
  await reportAll(report, await written(planned, writing));
  return 0;
}

/** The lines of an identity file that are no comments, as `age-keygen` writes it. Nothing of the file is shown. */
function identitiesIn(text: string, file: string): string[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
  const wrong = lines.findIndex((line) => !/^AGE-SECRET-KEY-1[0-9A-Z]+$/.test(line));
  if (lines.length > 0 && wrong < 0) return lines;
  const why = lines.length === 0 ? 'has no identity' : 'has something else than identities (AGE-SECRET-KEY-1…)';
  throw wrongUsage(`--age-identity: ${printable(file)} ${why}`, 'Make one with age-keygen. One with a passphrase has to be decrypted first: age -d FILE | env-kvstore import … --age-identity -');
}

async function recipientsOf(identities: string[], file: string, age: Age): Promise<string[]> {
  try {
    return await Promise.all(identities.map((identity) => age.recipientOf(identity)));
  } catch {
    // What the library says may have a part of it.
    throw wrongUsage(`--age-identity: an identity in ${printable(file)} is damaged`, 'Copy the file again. Nothing was sent.');
  }
}

/** `ENTERPRISE/OWNER/NAME/WORKFLOW/ENVIRONMENT/RUN_ID.json`, where a workflow may have slashes in its name. */
function placeOf(key: string): Place | undefined {
  const [, enterprise, repository, workflow, environment, run] = /^([^/]+)\/([\w.-]+\/[\w.-]+)\/(.+)\/([^/]+)\/(\d{1,30})\.json$/s.exec(key) ?? [];
  if (enterprise === undefined || repository === undefined || workflow === undefined || environment === undefined || run === undefined) return undefined;
  try {
    const name = decodeURIComponent(environment);
    return { key, enterprise, repository, workflow, ...(name !== NO_ENVIRONMENT && { environment: name }), run: BigInt(run) };
  } catch {
    return undefined;
  }
}

function placesOf(keys: string[], repository: string | undefined, skipped: Skipped[]): Place[] {
  const places = keys.flatMap((key) => {
    const place = placeOf(key);
    if (place === undefined) skipped.push({ object: key, reason: 'its key is not that of a migration' });
    return place ?? [];
  });
  return places.filter((place) => repository === undefined || place.repository.toLowerCase() === repository.toLowerCase());
}

/** Of each workflow, repository and environment the newest run that is for one of the identities. Run ids grow. */
async function newestRuns(
  places: Place[],
  bucket: string,
  session: Session,
  keys: { age: Age; identities: string[]; recipients: string[] },
  skipped: Skipped[],
): Promise<Run[]> {
  const groups = new Map<string, Place[]>();
  for (const place of places) {
    const group = JSON.stringify([place.enterprise, place.repository, place.workflow, place.environment]);
    groups.set(group, [...(groups.get(group) ?? []), place]);
  }
  let done = 0;
  const newest = async () => {
    const runs: Run[] = [];
    for (const group of groups.values()) {
      done += 1;
      for (const place of group.toSorted((one, other) => compare(other.run, one.run))) {
        const { text } = await session.ask({ task: 'object', bucket, key: place.key }, null);
        const opened = await contextsIn(text, place, keys);
        if (typeof opened !== 'string') {
          runs.push({ ...place, ...opened });
          break;
        }
        skipped.push({ object: place.key, reason: opened });
      }
    }
    return runs;
  };
  const runs = await whileWorking(() => `Reading objects: workflow ${done} of ${groups.size}`, newest());
  return runs.sort((one, other) => compare(one.run, other.run) || (one.key < other.key ? -1 : 1));
}

function compare(one: bigint, other: bigint): number {
  return one < other ? -1 : Number(one > other);
}

/** What is in an object, or why it is somebody else's. One that is for us and cannot be read stops the command. */
async function contextsIn(
  text: string,
  { key }: Place,
  { age, identities, recipients }: { age: Age; identities: string[]; recipients: string[] },
): Promise<Contexts | string> {
  const object = parsedJson(text);
  if (!isObject(object) || typeof object['agePublicKey'] !== 'string') return 'it is not an object of a migration';
  if (!recipients.includes(object['agePublicKey'])) return 'it is encrypted for another key';
  const [secrets, vars] = await Promise.all(
    ['secrets', 'vars'].map(async (name) => {
      const armored = object[name];
      const decrypted = typeof armored === 'string' ? await age.decryptFromAge(identities, armored).catch(() => undefined) : undefined;
      const context = decrypted === undefined ? undefined : parsedJson(decrypted);
      if (isObject(context) && Object.values(context).every((value) => typeof value === 'string')) return context as Record<string, string>;
      throw new EnvKvstoreError({
        code: 'answer-unusable',
        message: `the object ${printable(key)} is damaged: its ${name} ${decrypted === undefined ? 'cannot be decrypted' : 'are not a JSON object of strings'}`,
        hint: 'Nothing was written. Run the job again that has put it there, or delete the object.',
      });
    }),
  );
  return { secrets: secrets!, vars: vars! };
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The first part of the stores' names is the first part of the keys, unless it is given. */
function namespaceOf(runs: Run[], { options }: Arguments): string {
  const found = [...new Set(runs.map(({ enterprise }) => enterprise))];
  if (options['namespace'] !== undefined) return options['namespace'];
  if (found.length === 1) return found[0]!;
  throw wrongUsage(`the objects are of several enterprises: ${found.map(printable).join(', ')}`, 'Name one in s3://BUCKET/PREFIX, or pass --namespace. Nothing was written.');
}

function begunAs(namespace: string, args: Arguments): Promise<Session> {
  return beginAsking({ ...args, options: { ...args.options, namespace } }, false);
}

/** The texts of each store: a later run's win. An environment's store gets only what differs from the repository's. */
function mergedStores(runs: Run[]): { store: StoreName; entries: Map<string, string> }[] {
  const stores = new Map<string, { store: StoreName; entries: Map<string, string> }>();
  for (const run of runs) {
    for (const variable of [false, true]) {
      const store = storeOf(run, variable);
      const known = stores.get(nameOf(store)) ?? { store, entries: new Map<string, string>() };
      stores.set(nameOf(store), known);
      for (const [name, text] of entriesOf(run, variable)) known.entries.set(name, text);
    }
  }
  for (const { store, entries } of stores.values()) {
    const { environment, ...ofRepository } = store;
    const shared = environment === undefined ? undefined : stores.get(nameOf(ofRepository))?.entries;
    for (const [name, text] of shared ?? []) if (entries.get(name) === text) entries.delete(name);
  }
  const filled = [...stores.values()].filter(({ entries }) => entries.size > 0);
  return filled.sort((one, other) => (nameOf(one.store) < nameOf(other.store) ? -1 : 1));
}

function storeOf({ repository, environment }: Place, variable: boolean): StoreName {
  return { repository, ...(environment !== undefined && { environment }), ...(variable && { variable }) };
}

function nameOf({ repository, environment, variable }: StoreName): string {
  return JSON.stringify([repository?.toLowerCase(), environment ?? '', variable ?? false]);
}

/** The job's own token is none of them, whoever has put it there. */
function entriesOf({ secrets, vars }: Contexts, variable: boolean): [string, string][] {
  return Object.entries(variable ? vars : secrets).filter(([name]) => name.toUpperCase() !== 'GITHUB_TOKEN');
}

/** Keys of one store that several workflows have with different texts, and the run whose text is taken. */
function differencesBetween(runs: Run[]): { store: StoreName; key: string; run: string }[] {
  const seen = new Map<string, string>();
  const found = new Map<string, { store: StoreName; key: string; run: string }>();
  for (const run of runs) {
    for (const variable of [false, true]) {
      const store = storeOf(run, variable);
      for (const [key, text] of entriesOf(run, variable)) {
        const id = JSON.stringify([nameOf(store), key]);
        if (seen.has(id) && seen.get(id) !== text) found.set(id, { store, key, run: '' });
        seen.set(id, text);
        const known = found.get(id);
        if (known) known.run = String(run.run);
      }
    }
  }
  return [...found.values()];
}

async function plannedChanges(
  stores: { store: StoreName; entries: Map<string, string> }[],
  session: Session,
  allowAnyKey: boolean,
  create: Creation | undefined,
): Promise<Planned[]> {
  const planned: Planned[] = [];
  const all = async () => {
    for (const { store, entries } of stores) {
      const change: Change = {
        task: 'change',
        store,
        set: { from: 'entries', entries: [...entries] },
        ...(create && { create }),
        ...(allowAnyKey ? { allowAnyKey: true } : { skipUnusable: true }),
      };
      planned.push({ change, plan: await session.ask({ ...change, dryRun: true }, null) });
    }
    return planned;
  };
  return whileWorking(() => `Reading stores: ${planned.length} of ${stores.length}`, all());
}

/** If one fails, those before it are written: they are named, and the command can be run again. */
async function written(planned: Planned[], session: Session): Promise<Changed[]> {
  const changes: Changed[] = [];
  const all = async () => {
    for (const { change, plan } of planned) {
      if (isSame(plan.keys)) changes.push(plan);
      else changes.push(await session.ask({ ...change, base: plan.base ?? '' }, null));
    }
    return changes;
  };
  try {
    return await whileWorking(() => `Writing stores: ${changes.length} of ${planned.length}`, all());
  } catch (error) {
    const done = changes.filter(({ written }) => written).map(({ store }) => printable(store.name));
    if (done.length > 0) process.stderr.write(`Written before that: ${done.join(', ')}\n`);
    throw error;
  }
}

interface Report {
  bucket: string;
  skipped: Skipped[];
  differing: { store: StoreName; key: string; run: string }[];
  isDryRun: boolean;
  isJson: boolean;
}

async function reportAll(report: Report, changes: Changed[]): Promise<void> {
  const { bucket, skipped, differing, isDryRun, isJson } = report;
  if (isJson) {
    const stores = changes.map(({ store, keys, written, created, base, version, lostRaces, skipped }) => {
      const previousVersionId = base || undefined;
      return { store: storeInJson(store), keys, written, created, previousVersionId, versionId: version, lostRaces, skipped };
    });
    return printJson({ command: 'import', dryRun: isDryRun, bucket, stores, skipped, differing });
  }
  const count = changes.filter(({ written }) => written).length;
  const end = isDryRun
    ? 'Nothing was written: this was a dry run.'
    : count === 0
      ? 'Nothing was written: nothing would change.'
      : `Wrote ${count} ${count === 1 ? 'store' : 'stores'}.`;
  return print(`${shown(report, changes, process.stdout)}${end}\n`);
}

/** Stores by repository and environment, each with its keys; and what was left out. */
function shown({ bucket, skipped, differing }: Report, changes: Changed[], stream: NodeJS.WriteStream): string {
  const stores = changes.map(({ store, keys, created, skipped }) => {
    const is = created ? ' (created)' : store.arn === undefined ? ' (does not exist yet)' : '';
    const unusable = skipped.map(({ key, problem }) => `! ${printable(key)}: left out, because the name ${problem}\n`).join('');
    return `${printable(store.name)}${is}\n${marked(keys, stream)}${unusable}\n`;
  });
  const between = differing.map(
    ({ store: { repository, environment }, key, run }) =>
      `${printable(key)} of ${printable(repository ?? '')}${environment === undefined ? '' : `, ${printable(environment)}`} differs between workflows: that of run ${run} is taken.\n`,
  );
  const left = skipped.map(({ object, reason }) => `Skipped s3://${bucket}/${printable(object)}: ${reason}.\n`);
  return [...stores, ...between, ...left].join('');
}
