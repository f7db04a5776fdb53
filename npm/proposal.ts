import { configFile, read } from '../action/profile.ts';
import { EnvKvstoreError } from './errors.ts';
import { GITHUB, type TokenVariables } from './github-token.ts';
import { core } from './run.ts';

type Texts = Record<string, string | undefined>;

/** The keys of a profile, the environment variables that beat them, and the options that both stand for. */
const KEYS = [
  ['web_identity_token_server', 'AWS_WEB_IDENTITY_TOKEN_SERVER', undefined],
  ['role_arn', 'AWS_ROLE_ARN', 'roleArn'],
  ['role_session_name', 'AWS_ROLE_SESSION_NAME', 'roleSessionName'],
  ['duration_seconds', undefined, 'roleDurationSeconds'],
  ['region', undefined, 'awsRegion'],
] as const;

/**
 * The options with what benkehoe's proposal for botocore adds: a flag beats the environment, which beats the profile, key by
 * key; a profile that is named beats the environment. Where no token server is named, nothing is added: `AWS_ROLE_ARN` alone
 * may be that of the machine's own role.
 * <https://github.com/benkehoe/github-actions-boto3-demo>
 */
export async function settingsOfProposal(options: Texts, own: Texts) {
  const { tokenServer, profileSettings } = await core();
  const named = own['profile'];
  const name = named ?? process.env['AWS_PROFILE'] ?? process.env['AWS_DEFAULT_PROFILE'] ?? 'default';
  const file = configFile();
  const profile = profileSettings(read(file) ?? '', name, KEYS.map(([key]) => key));
  if (named !== undefined && profile === undefined) {
    throw invalid(`--profile: there is no such profile in ${file}`);
  }
  const found = KEYS.map(([, variable], index) => {
    const ofEnvironment = named === undefined && variable ? process.env[variable] : undefined;
    return ofEnvironment || profile?.[index] || undefined;
  });
  const server = own['web-identity-token-server'] ?? found[0];
  if (server === undefined) {
    return { settings: options, tokenVariables: GITHUB };
  }
  const added = KEYS.flatMap(([, , option], index) => (option ? [[option, found[index]] as const] : []));
  const [url, token, audience] = parts(tokenServer, server);
  const settings = {
    ...Object.fromEntries(added),
    audience,
    identity: options['identityPoolId'] ? undefined : 'web-identity',
    ...given(options),
  } as Texts;
  return { settings, tokenVariables: { url, token } as TokenVariables };
}

function parts(tokenServer: (text: string) => string[], server: string): string[] {
  try {
    return tokenServer(server);
  } catch (problem) {
    throw invalid(`AWS_WEB_IDENTITY_TOKEN_SERVER or web_identity_token_server: ${String(problem)}`);
  }
}

function given(options: Texts): Texts {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function invalid(message: string): EnvKvstoreError {
  return new EnvKvstoreError({ code: 'invalid-input', message, hint: 'Nothing was sent.' });
}
