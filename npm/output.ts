import { writeMasks, written } from './masks.ts';

export function print(text: string): Promise<void> {
  return written(process.stdout, text);
}

export function isInActions(): boolean {
  return process.env['GITHUB_ACTIONS'] === 'true';
}

/** On stderr: stdout belongs to the command, or a program other than the runner reads it. */
export async function maskInLog(masks: string[]): Promise<void> {
  if (isInActions()) await writeMasks(process.stderr, masks);
}

/** What every AWS tool does, and few users know. */
export function warnOfShadow(): void {
  if (process.env['AWS_ACCESS_KEY_ID']) {
    console.error(
      'env-kvstore: AWS_ACCESS_KEY_ID is set: AWS tools use it instead of a profile, unless their command line or code names ' +
        'the profile. Unset it where you use the profile.',
    );
  }
}

/** What every command gives the core. */
export const common = {
  spelling: 'flag' as const,
  /** As `maskInLog` does. */
  masked: isInActions(),
  log(kind: string, text: string) {
    if (kind === 'warning' || kind === 'notice') console.error(`env-kvstore: ${text}`);
  },
};
