import type { Change } from '../host/admin.d.ts';
import { confirmed, requireAnswers } from './ask.ts';
import type { Arguments } from './command.ts';
import { begin, declined, named, type Session } from './manage.ts';
import { counted, isSame, marked, reportChange } from './report.ts';

const DECLINED = 1;

/**
 * Shows what a change would do, asks, and does it. What is written is what was shown: if others change the same keys meanwhile, the
 * write stops. Resolves to the exit code.
 */
export async function changeAsPlanned(command: string, session: Session, task: Change, { switches }: Arguments): Promise<number> {
  const plan = await session.ask({ ...task, dryRun: true });
  if (switches.has('dry-run') || isSame(plan.keys)) {
    await reportChange(command, plan, session, switches.has('dry-run'));
    return 0;
  }
  if (!switches.has('yes')) process.stderr.write(`${named(plan.store, session)}\n${marked(plan.keys, process.stderr)}`);
  const creation = plan.store.arn === undefined ? 'Create' : 'Change';
  const isAgreed = await confirmed(`${creation} the store: ${counted(plan.keys)}?`, switches.has('yes'));
  if (!isAgreed) {
    declined();
    return DECLINED;
  }
  const done = await session.ask({ ...task, base: plan.base ?? '' }, 'Writing');
  await reportChange(command, done, session);
  return 0;
}

/** A session for a command that asks before it writes, whatever it writes. */
export async function beginAsking(args: Arguments, needsRepository = true): Promise<Session> {
  const isDryRun = args.switches.has('dry-run');
  if (!isDryRun) requireAnswers(args.switches.has('yes'));
  return (await begin(args, { isWrite: !isDryRun, asksAnyway: true, needsRepository }))!;
}
