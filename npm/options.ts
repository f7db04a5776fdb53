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

/** Options as the core takes them. One that is not known goes on under its own name, for the core to say so. */
export function asCoreTakesThem(options: Record<string, string | undefined>) {
  const inputs: Record<string, string> = {};
  const claims: Record<string, string> = {};
  for (const [name, text] of Object.entries(options)) {
    if (text === undefined || text === '') continue;
    if (CLAIMS.some((claim) => claim === name)) claims[name] = text;
    else inputs[INPUTS[name as keyof typeof INPUTS] ?? name] = text;
  }
  return { inputs, claims };
}

/** How a user of the library or of the command line writes an option. */
export type Spelling = (option: string) => string;

export const asOption: Spelling = (option) => option;
export const asFlag: Spelling = (option) => `--${kebab(option)}`;

export function kebab(option: string): string {
  return option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** A text of the core, which knows the inputs of the action, for the users of another door. */
export function respelled(text: string, spelling: Spelling): string {
  const options = new Map(Object.entries(INPUTS).map(([option, input]) => [input as string, option]));
  const spell = (input: string) => {
    const option = options.get(input) ?? CLAIMS.find((claim) => claim === input);
    return option && spelling(option);
  };
  return text
    .replace(/`([a-z-]+)(?:: ([^`]*))?`/g, (whole, input: string, value?: string) => {
      const spelled = spell(input);
      return spelled ? `\`${[spelled, value].filter(Boolean).join(spelled.startsWith('-') ? ' ' : ': ')}\`` : whole;
    })
    .replace(/^(wrong input: |- )([a-z-]+)(?=: )/gm, (whole, before: string, input: string) => {
      const spelled = spell(input);
      return spelled ? before + spelled : whole;
    });
}
