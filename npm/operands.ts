import type { Source, StoreName } from '../host/admin.d.ts';
import { readTextFile } from './text-files.ts';
import { sourceOfText } from './entries.ts';
import { wrongUsage } from './usage.ts';

/** For help. */
export const OPERANDS =
  "A store is repo (the repository's own), env:NAME (of an environment), OWNER/REPO:repo or OWNER/REPO:env:NAME (of another repository).";

/** Whether an operand needs the default repository. */
export function isOfDefaultRepository(operand: string): boolean {
  return operand === 'repo' || /^(env|version):/.test(operand);
}

/** What an operand of `diff` and `copy` names, and where the values are. */
export async function sourceOf(operand: string, store: StoreName): Promise<Source> {
  const [, version] = /^version:(.+)$/.exec(operand) ?? [];
  if (version !== undefined) return { from: 'store', store, version: { id: version } };
  const [, file] = /^file:(.+)$/s.exec(operand) ?? [];
  if (file !== undefined) return sourceOfText(await readTextFile(file), `file:${file}`);
  return { from: 'store', store: storeOf(operand, store) };
}

/** A store, as `copy` can write one. */
export function storeOf(operand: string, { repository, variable }: StoreName): StoreName {
  const kind = variable ? { variable } : {};
  const [, other, level, environment] = /^(?:([\w.-]+\/[\w.-]+):)?(?:(repo)|env:(.+))$/s.exec(operand) ?? [];
  if (level === undefined && environment === undefined) {
    throw wrongUsage(
      'an operand is not one of repo, env:NAME, OWNER/REPO:repo, OWNER/REPO:env:NAME, version:ID, file:PATH',
      'See env-kvstore diff --help.',
    );
  }
  const owner = other ?? repository;
  return { ...(owner !== undefined && { repository: owner }), ...(environment !== undefined && { environment }), ...kind };
}
