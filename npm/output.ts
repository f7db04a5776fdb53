import { writeMasks, written } from './masks.ts';

export function print(text: string): Promise<void> {
  return written(process.stdout, text);
}

export function isInActions(): boolean {
  return process.env['GITHUB_ACTIONS'] === 'true';
}

/** By stderr: stdout is the command's, or may be read by something else than the runner. */
export async function maskInLog(masks: string): Promise<void> {
  if (isInActions()) await writeMasks(process.stderr, masks);
}

/** Every AWS tool does so, and few users know. */
export function warnOfShadow(): void {
  if (process.env['AWS_ACCESS_KEY_ID']) {
    console.error(
      'env-kvstore: AWS_ACCESS_KEY_ID is set: AWS tools take it, and not a profile, unless the profile is named on their ' +
        'command line or in their code. Unset it where the profile is to be used.',
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
