// Whatever credentials AWS's own tools would find on this machine. It takes most of the SDK's size, so it is a file of its own.
import type { Agent } from 'node:http';
import { fromIni, fromNodeProviderChain } from '@aws-sdk/credential-providers';
import { NodeHttpHandler } from '@smithy/node-http-handler';

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  /** The steps of the search that gave them, by the SDK's names for them. */
  sources: string[];
}

/** The SDK says so, and its type of a provider does not. */
type Attributed = Omit<Credentials, 'sources'> & { $source?: Record<string, string> };

export interface Search {
  /** The only profile to look at. Without one, the SDK's whole chain is asked. */
  profile?: string | undefined;
  /** For STS, where no profile has one. */
  region?: string | undefined;
  /** The way to a service: proxy, authorities, TLS. Rejects where a request must not go. */
  agentFor(url: URL): Promise<Agent>;
  mfaCode(serial: string): Promise<string>;
}

type Handler = Pick<NodeHttpHandler, 'handle' | 'destroy' | 'updateHttpClientConfig' | 'httpHandlerConfigs' | 'metadata'>;

/** A machine without a metadata service must not wait for one. */
const METADATA = { timeout: 1000, maxRetries: 1 };
const TIMEOUTS = { connectionTimeout: 10_000, requestTimeout: 20_000, throwOnRequestTimeout: true };

/** Rejects with whatever the SDK throws: its message may have what another program wrote, and must not be shown. */
export async function credentialsOf({ profile, region, agentFor, mfaCode }: Search): Promise<Credentials> {
  const requestHandler = handlerFor(agentFor) as NodeHttpHandler;
  const init = {
    ...(profile !== undefined && { profile }),
    clientConfig: { requestHandler },
    // A role assumed by a token file takes its handler, and every role its region, from here alone.
    parentClientConfig: { requestHandler, ...(region && { region }) },
    mfaCodeProvider: mfaCode,
    logger: SILENT,
    ...METADATA,
  };
  const provider = profile === undefined ? fromNodeProviderChain(init) : fromIni(init);
  const { accessKeyId, secretAccessKey, sessionToken, $source = {} } = (await provider()) as Attributed;
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }), sources: Object.keys($source) };
}

const SILENT = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

/** The SDK's own handler over the agent of each URL: it knows one for all, and no proxy. */
function handlerFor(agentFor: Search['agentFor']): Handler {
  const handlers = new Map<Agent, NodeHttpHandler>();
  const metadata = { handlerProtocol: 'http/1.1' };
  return {
    metadata,
    async handle(request, options) {
      const { protocol, hostname, port, path } = request;
      const agent = await agentFor(new URL(`${protocol}//${hostname}${port ? `:${port}` : ''}${path}`));
      const known = handlers.get(agent) ?? new NodeHttpHandler({ ...TIMEOUTS, httpAgent: agent, httpsAgent: agent as never });
      handlers.set(agent, known);
      return known.handle(request, options);
    },
    // The agents are their owner's to end.
    destroy() {},
    updateHttpClientConfig() {},
    httpHandlerConfigs: () => ({}),
  };
}
