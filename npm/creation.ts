import type { Creation } from '../host/admin.d.ts';
import type { Arguments } from './command.ts';
import type { Flag } from './flag.ts';
import { wrongUsage } from './usage.ts';

export const CREATE_FLAGS: Flag[] = [
  { name: 'create', help: 'Create the store if it does not exist.' },
  { name: 'kms-key-id', value: 'KEY', help: 'With --create: the KMS key to encrypt the store with, by id, ARN or alias. Default: aws/secretsmanager.' },
  { name: 'tag', value: 'KEY=VALUE', repeated: true, help: 'With --create: a tag of the store. May be repeated.' },
];

/** What a store is made with, if it may be made. */
export function creationOf({ own, switches }: Arguments): Creation | undefined {
  const kmsKeyId = own['kms-key-id'];
  const lines = own['tag']?.split('\n') ?? [];
  if (!switches.has('create')) {
    if (kmsKeyId === undefined && lines.length === 0) return undefined;
    throw wrongUsage('--kms-key-id and --tag go with --create: a store that exists keeps its own');
  }
  const tags = lines.map((line): [string, string] => {
    const at = line.indexOf('=');
    if (at < 1) throw wrongUsage('--tag: it is not KEY=VALUE');
    return [line.slice(0, at), line.slice(at + 1)];
  });
  return { ...(kmsKeyId !== undefined && { kmsKeyId }), tags };
}
