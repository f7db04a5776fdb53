import type { RegionFound } from '../host/admin.d.ts';
import { createAgents } from '../host/agents.ts';
import { isEndpoint } from '../host/token-endpoint.ts';
import { askHidden, hasTerminal, Interrupted } from './ask.ts';
import { asError, EnvKvstoreError, printable } from './errors.ts';
import type { Flag } from './flag.ts';
import { profileSettings } from './profile.ts';
import { wrongUsage } from './usage.ts';

export const PROFILE_FLAG: Flag = {
  name: 'profile',
  value: 'NAME',
  help: 'Profile of the AWS config and credentials files to take credentials and the region from. Takes precedence over AWS_ACCESS_KEY_ID.',
};

type Texts = Record<string, string | undefined>;

/**
 * The variables that the identity `environment` is to find: those of this process, unless it has no keys or a profile is named.
 * Then the AWS SDK searches for credentials. Undefined variables are not set.
 */
export async function awsVariables(options: Texts, profile: string | undefined): Promise<Texts> {
  checkProfile(options, profile);
  if (options['identity'] !== 'environment') return {};
  const region = await regionOf(options, profile);
  const { variables } = await keysOf(profile, region?.name);
  return { ...regionVariables(region), ...variables };
}

export function checkProfile(options: Texts, profile: string | undefined): void {
  if (profile === undefined || options['identity'] === 'environment') return;
  throw wrongUsage('--profile goes with --identity environment', 'With another identity the credentials come from the role.');
}

/** The region that a command uses, and the flag, variable or profile that names it. */
export async function regionOf(options: Texts, profile: string | undefined): Promise<RegionFound | undefined> {
  const given = options['awsRegion'];
  if (given) return { name: given, from: '--aws-region' };
  for (const variable of ['AWS_REGION', 'AWS_DEFAULT_REGION']) {
    const name = process.env[variable];
    if (name) return { name, from: variable };
  }
  const from = profileFor(profile) ?? 'default';
  const name = (await profileSettings(from, ['region']))?.[0];
  return name ? { name, from: `the profile ${from}` } : undefined;
}

/** What the core reads a region from, where no flag and no variable of this process has it. */
export function regionVariables(region: RegionFound | undefined): Texts {
  return region?.from.startsWith('the profile ') ? { AWS_REGION: region.name } : {};
}

/** The keys as variables, none if this process has them; and the steps of the SDK's search that gave them, by its names for them. */
export async function keysOf(profile: string | undefined, region: string | undefined): Promise<{ variables: Texts; sources: string[] }> {
  if (process.env['AWS_ACCESS_KEY_ID'] && profile === undefined) return { variables: {}, sources: ['CREDENTIALS_ENV_VARS'] };
  const { accessKeyId, secretAccessKey, sessionToken, sources } = await search(profileFor(profile), region);
  return { variables: { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken }, sources };
}

function profileFor(profile: string | undefined): string | undefined {
  return profile ?? (process.env['AWS_PROFILE'] || undefined);
}

async function search(name: string | undefined, region: string | undefined) {
  const { credentialsOf } = await import('./parts/credential-chain.ts');
  // Throws what is wrong with a proxy or an authority.
  const agents = createAgents();
  let refused: string | undefined;
  try {
    return await credentialsOf({
      // `default` need not exist: the SDK's chain looks at it too.
      profile: name === 'default' ? undefined : name,
      region,
      async agentFor(url) {
        if (!isEndpoint(url.href)) {
          refused = url.host;
          throw new Error('no https');
        }
        return agents.agentFor(url);
      },
      mfaCode,
    });
  } catch (reason) {
    if (reason instanceof Interrupted || reason instanceof EnvKvstoreError) throw reason;
    if (refused !== undefined) {
      throw unavailable(name, `the endpoint ${printable(refused)} is no https URL`, 'Correct AWS_ENDPOINT_URL or endpoint_url.');
    }
    throw explained(reason, name);
  } finally {
    agents.destroy();
  }
}

async function mfaCode(serial: string): Promise<string> {
  if (!hasTerminal()) {
    const hint = 'Run the command at a terminal, or get a session first, as by `aws sts get-session-token`.';
    throw new EnvKvstoreError({ code: 'credentials-unavailable', message: 'the profile wants a code of an MFA device, and there is no terminal to ask for it', hint });
  }
  return (await askHidden(`MFA code of ${printable(serial)}`)).trim();
}

/**
 * What the SDK's errors mean. Their messages may contain what a `credential_process` has printed, so nothing of them is shown but
 * the code and the message of an AWS service.
 */
function explained(reason: unknown, name: string | undefined): EnvKvstoreError {
  if (isFailure(reason)) return asError(reason);
  const causes = causesOf(reason);
  const said = (text: string) => causes.some((cause) => cause.message.includes(text) || cause.name === text);
  const forProfile = name === undefined ? '' : ` --profile ${quoted(name)}`;
  if (said('aws sso login') || said('UnauthorizedException')) {
    return new EnvKvstoreError({
      code: 'sso-session-expired',
      message: `the SSO session of ${profileNamed(name)} has expired, or there is none`,
      hint: `Run \`aws sso login${forProfile}\`, then run this command again.`,
    });
  }
  if (said('aws login') || said('reauthenticate')) {
    return new EnvKvstoreError({
      code: 'sso-session-expired',
      message: `the login session of ${profileNamed(name)} has expired, or there is none`,
      hint: `Run \`aws login${forProfile}\`, then run this command again.`,
    });
  }
  const refused = causes.find((cause) => '$metadata' in cause && '$fault' in cause) as ServiceError | undefined;
  if (refused) {
    const request = refused.$metadata.requestId;
    const [code, text] = [refused.name, refused.message].map(printable);
    return unavailable(name, `AWS answered ${code}: ${text}${request ? ` (request id ${printable(request)})` : ''}`, 'Check the role and its trust policy.');
  }
  const network = causes.find(({ code }) => code !== undefined && /^[A-Z][A-Z0-9_]+$/.test(code));
  if (network) return unavailable(name, `a service could not be reached (${network.code})`, 'Check the network, HTTPS_PROXY and AWS_CA_BUNDLE.');
  const proxy = causes.flatMap(({ message }) => /^Bad response: (\d{3})$/.exec(message)?.[1] ?? []);
  if (proxy.length > 0) return unavailable(name, `the proxy answered ${proxy[0]}`, 'Check HTTPS_PROXY and NO_PROXY.');
  if (said('credential_process') || said('Command failed')) {
    return unavailable(name, 'its credential_process failed or printed no credentials', 'Run that command by itself to see why.');
  }
  if (name !== undefined) {
    return unavailable(name, 'the files of AWS have no such profile, or it has no usable credentials', `Check \`aws configure list${forProfile}\`.`);
  }
  const hint = 'Sign in as for the AWS CLI (`aws sso login`, `aws configure`), name a profile with --profile, or set AWS_ACCESS_KEY_ID.';
  return new EnvKvstoreError({ code: 'credentials-unavailable', message: 'there are no AWS credentials on this machine', hint });
}

interface ServiceError extends Error {
  $metadata: { requestId?: string };
}

type Cause = Error & { code?: string };

/** An error with all that it comes from; the SDK puts some into others' messages. */
function causesOf(reason: unknown): Cause[] {
  const causes: Cause[] = [];
  for (let cause = reason; cause instanceof Error && !causes.includes(cause); cause = cause.cause) causes.push(cause);
  return causes;
}

function isFailure(reason: unknown): boolean {
  return typeof reason === 'object' && reason !== null && 'hint' in reason && 'code' in reason;
}

function unavailable(name: string | undefined, why: string, hint: string): EnvKvstoreError {
  return new EnvKvstoreError({ code: 'credentials-unavailable', message: `no credentials of ${profileNamed(name)}: ${why}`, hint });
}

function profileNamed(name: string | undefined): string {
  return name === undefined ? 'the default profile' : `the profile ${printable(name)}`;
}

function quoted(name: string): string {
  const text = printable(name);
  return /^[\w.@+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
