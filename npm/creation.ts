import { existsSync } from 'node:fs';
import type { Creation } from '../host/admin.d.ts';
import type { Arguments } from './command.ts';
import type { Flag } from './flag.ts';
import { KVSTORE_FILE, refuseProblems, textsOf } from './rule-files.ts';
import { admin } from './load-admin.ts';
import { wrongUsage } from './usage.ts';

export const CREATE_FLAGS: Flag[] = [
  { name: 'create', help: 'Create the store if it does not exist.' },
  { name: 'kms-key-id', value: 'KEY', help: 'With --create: the KMS key to encrypt the store with, by id, ARN or alias. Default: aws/secretsmanager.' },
  {
    name: 'file',
    value: 'FILE',
    isFile: true,
    help: 'With --create: the kvstore.json that says which tags, and which KMS key, the store gets; --tag and --kms-key-id win. Default: kvstore.json, if the folder has one.',
  },
  { name: 'tag', value: 'KEY=VALUE', repeated: true, help: 'With --create: a tag of the store. May be repeated.' },
];

/** What a store is made with, if it may be made. */
export async function creationOf({ own, switches }: Arguments): Promise<Creation | undefined> {
  const { file: named, 'kms-key-id': kmsKeyId } = own;
  const lines = own['tag']?.split('\n') ?? [];
  if (!switches.has('create')) {
    if (kmsKeyId === undefined && named === undefined && lines.length === 0) return undefined;
    throw wrongUsage('--kms-key-id, --tag and --file go with --create: a store that exists keeps its own');
  }
  const tags = lines.map((line): [string, string] => {
    const at = line.indexOf('=');
    if (at < 1) throw wrongUsage('--tag: it is not KEY=VALUE');
    return [line.slice(0, at), line.slice(at + 1)];
  });
  const file = await fileOf(named);
  return { ...(kmsKeyId !== undefined && { kmsKeyId }), tags, ...(file && { file }) };
}

/** The file, if it is named or the folder has one. What is wrong with it is said before anything is sent. */
async function fileOf(named: string | undefined): Promise<Creation['file']> {
  const file = named ?? KVSTORE_FILE;
  if (named === undefined && !existsSync(file)) return undefined;
  const texts = await textsOf(file);
  refuseProblems((await admin()).problemsOf(texts.map(([name]) => name), texts.map(([, text]) => text)), file);
  return { texts, isNamed: named !== undefined };
}
