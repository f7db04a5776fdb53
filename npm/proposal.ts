import { configFile } from '../host/aws-files.ts';
import { isEndpoint } from '../host/token-endpoint.ts';
import { EnvKvstoreError } from './errors.ts';
import type { Flag } from './flag.ts';
import { GITHUB, type TokenVariables } from './github-token.ts';
import { admin } from './load-admin.ts';
import { profileSettings } from './profile.ts';

/** As whoever is told so has written it, in one place or another. */
const SERVER = 'web identity token server';

/** What names it on a command line. */
export const PROPOSAL_FLAGS: Flag[] = [
  {
    name: 'web-identity-token-server',
    value: 'SERVER',
    help: 'Where to request the token: GitHub[,AUDIENCE] or URL_VARIABLE,TOKEN_VARIABLE[,AUDIENCE].',
  },
  {
    name: 'profile',
    value: 'NAME',
    help:
      'Profile of AWS_CONFIG_FILE to take web_identity_token_server, role_arn, role_session_name, duration_seconds and region ' +
      'from. Without this flag, AWS_WEB_IDENTITY_TOKEN_SERVER, AWS_ROLE_ARN and AWS_ROLE_SESSION_NAME take precedence over a profile.',
  },
];

type Texts = Record<string, string | undefined>;

/** The keys of a profile, the environment variables that beat them, and the options that both stand for. */
const KEYS = [
  ['web_identity_token_server', ['AWS_WEB_IDENTITY_TOKEN_SERVER'], undefined],
  ['role_arn', ['AWS_ROLE_ARN'], 'cognitoRoleArn'],
  ['role_session_name', ['AWS_ROLE_SESSION_NAME'], 'roleSessionName'],
  ['duration_seconds', [], 'roleDurationSeconds'],
  ['region', ['AWS_REGION', 'AWS_DEFAULT_REGION'], 'awsRegion'],
] as const;

/**
 * The options with what benkehoe's proposal for botocore adds: a flag beats the environment, which beats the profile, key by
 * key; a profile that is named beats the environment. Where no token server is named, nothing is added: `AWS_ROLE_ARN` alone
 * may be that of the machine's own role.
 * <https://github.com/benkehoe/github-actions-boto3-demo>
 */
export async function settingsOfProposal(options: Texts, own: Texts) {
  const named = own['profile'];
  const flag = own['web-identity-token-server'];
  const name = named ?? (process.env['AWS_PROFILE'] || process.env['AWS_DEFAULT_PROFILE'] || 'default');
  const found = await profileSettings(name, KEYS.map(([key]) => key));
  if (named !== undefined && !found) {
    throw invalid(`--profile: there is no such profile in ${configFile()}`);
  }
  if (named !== undefined && !flag && !found?.[0]) {
    throw invalid('--profile: the profile has no web_identity_token_server');
  }
  // A command that `configure` wrote has all it needs, and the default profile may be of another role and its own rules.
  const profile = named !== undefined || flag === undefined || found?.[0] ? found : undefined;
  const settled = KEYS.map(([, variables], index) => {
    const ofEnvironment = named === undefined && variables.map((variable) => process.env[variable]).find(Boolean);
    return ofEnvironment || profile?.[index] || undefined;
  });
  const server = flag ?? settled[0];
  if (server === undefined) {
    return { settings: options, tokenVariables: GITHUB };
  }
  const added = KEYS.flatMap(([, , option], index) => (option ? [[option, settled[index]] as const] : []));
  const [url, token, audience] = await parts(server);
  const tokenVariables = { url, token } as TokenVariables;
  if (url !== GITHUB.url) demandEndpoint(tokenVariables);
  const settings = {
    ...Object.fromEntries(added),
    audience,
    identity: options['cognitoIdentityPoolId'] ? undefined : 'web-identity',
    ...given(options),
  } as Texts;
  return { settings, tokenVariables };
}

async function parts(server: string): Promise<string[]> {
  const { tokenServer } = await admin();
  try {
    return tokenServer(server);
  } catch (problem) {
    throw invalid(`${SERVER}: ${String(problem)}`);
  }
}

/** Of GitHub's own the core says what a job lacks. */
function demandEndpoint({ url, token }: TokenVariables): void {
  const unset = [url, token].filter((name) => !process.env[name]);
  if (unset.length > 0) throw invalid(`${SERVER}: ${unset.join(' and ')} ${unset.length > 1 ? 'are' : 'is'} not set`);
  if (!isEndpoint(process.env[url]!)) throw invalid(`${SERVER}: ${url} is not an https URL`);
}

function given(options: Texts): Texts {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function invalid(message: string): EnvKvstoreError {
  return new EnvKvstoreError({ code: 'invalid-input', message, hint: 'Nothing was sent.' });
}
