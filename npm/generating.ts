// What the commands have in common that make files from kvstore.json.
import type { Generated } from '../host/admin.d.ts';
import { EnvKvstoreError, printable } from './errors.ts';
import { refuseProblems } from './rule-files.ts';

/** So many cases are shown of a proof that failed. */
const SHOWN = 10;

export function refuseWrong({ problems, failed }: Generated, file: string): void {
  refuseProblems(problems, file);
  if (failed.length > 0) {
    const lines = failed.slice(0, SHOWN).map(({ what, store, allowed }) => `- ${printable(what)}: ${printable(store)} is ${allowed ? 'denied' : 'allowed'}`);
    throw new EnvKvstoreError({
      code: 'proof-failed',
      message: `the policies do not do what ${printable(file)} says, in ${failed.length} of their answers:\n${lines.join('\n')}`,
      hint: 'Nothing was written. This is a fault of env-kvstore: please report it with the file.',
    });
  }
}

export function proved({ allowed, denied }: Generated): string {
  return `The policies answer ${allowed + denied} questions as the file says: ${allowed} allowed, ${denied} denied.`;
}
