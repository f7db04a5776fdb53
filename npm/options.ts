import type { Failure } from '../host/core.d.ts';

/** The options of the library by the inputs of the action that they are; flags of the command line are the same in kebab-case. */
const INPUTS = {
  identityPoolId: 'cognito-identity-pool-id',
  roleArn: 'cognito-role-arn',
  values: 'values',
  secrets: 'secrets',
  namespace: 'namespace',
  githubEnterpriseName: 'github-enterprise-name',
  oidcIssuer: 'oidc-issuer',
  audience: 'audience',
  githubToken: 'github-token',
  awsAccountId: 'aws-account-id',
  awsRegion: 'aws-region',
  cognitoAccountId: 'cognito-account-id',
  cognitoRegion: 'cognito-region',
  secretsManagerAccountId: 'secrets-manager-account-id',
  secretsManagerRegion: 'secrets-manager-region',
  identity: 'identity',
  chainRoleArn: 'chain-role-arn',
  chainSessionTags: 'chain-session-tags',
  chainTransitiveTagKeys: 'chain-transitive-tag-keys',
  roleSessionName: 'role-session-name',
  roleDurationSeconds: 'role-duration-seconds',
  environmentStore: 'environment-store',
  minMaskLength: 'min-mask-length',
  timeoutSeconds: 'timeout-seconds',
} as const;

/** What names the stores where no token does. */
const CLAIMS = ['repository', 'environment'] as const;

export type OptionName = keyof typeof INPUTS | (typeof CLAIMS)[number];
export type Options = Partial<Record<OptionName, string>>;

export const OPTION_NAMES = [...Object.keys(INPUTS), ...CLAIMS] as OptionName[];

/** Those of values, of no use to who wants credentials. */
export const OF_VALUES: OptionName[] = [
  'values',
  'secrets',
  'namespace',
  'secretsManagerAccountId',
  'secretsManagerRegion',
  'environmentStore',
  'minMaskLength',
  'repository',
  'environment',
];

/** Options as the core takes them. */
export function asCoreTakesThem(options: Options) {
  const inputs: Record<string, string> = {};
  const claims: Record<string, string> = {};
  for (const [name, text] of Object.entries(options)) {
    if (!text) continue;
    if (isClaim(name)) claims[name] = text;
    else inputs[INPUTS[name as keyof typeof INPUTS]] = text;
  }
  return { inputs, claims };
}

function isClaim(name: string): boolean {
  return CLAIMS.some((claim) => claim === name);
}

/** How the users of one door write options, and what they are told of wrong ones. */
export interface Spelling {
  option(name: string): string;
  wrong: string;
  correct: string;
}

export const asOption: Spelling = {
  option: (name) => name,
  wrong: 'wrong option',
  correct: 'Correct the options. Nothing was sent.',
};
export const asFlag: Spelling = {
  option: (name) => `--${kebab(name)}`,
  wrong: 'wrong input',
  correct: 'Correct the flags; see --help. Nothing was sent.',
};

export function kebab(option: string): string {
  return option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

const OPTIONS = new Map(Object.entries(INPUTS).map(([option, input]) => [input as string, option]));

/** What the core says, which knows the inputs of the action, for the users of another door. */
export function respelled({ code, message, hint }: Failure, spelling: Spelling): Failure {
  const quoted = (text: string) =>
    text.replace(/`([a-z-]+)(?:: ([^`]*))?`/g, (whole, input: string, value?: string) => {
      const option = OPTIONS.get(input);
      if (option === undefined) return whole;
      const spelled = spelling.option(option);
      return `\`${[spelled, value].filter(Boolean).join(spelled.startsWith('-') ? ' ' : ': ')}\``;
    });
  if (code !== 'invalid-input') {
    return { code, message: quoted(message), hint: quoted(hint) };
  }
  // Each problem begins with what it is a problem of.
  const problems = message.replace(/^(wrong input: |- )([a-z-]+)(?=: )/gm, (whole, before: string, input: string) => {
    const option = OPTIONS.get(input) ?? (isClaim(input) ? input : undefined);
    return option === undefined ? whole : before + spelling.option(option);
  });
  const isOfOptions = problems.startsWith('wrong input');
  return {
    code,
    message: quoted(problems.replace(/^wrong input/, spelling.wrong)),
    hint: isOfOptions ? spelling.correct : quoted(hint),
  };
}
