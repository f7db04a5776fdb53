// A token exchange on a host of its own, which answers as jwtex does: it verifies GitHub's token, and signs the same claims with
// session tags in them, as an issuer that an account can trust. https://github.com/aidansteele/jwtex

import { decodeJwt, hasValidSignature, publicJwk, signJwt } from './jwt.mjs';
import { AwsError } from './protocols.mjs';

const TAGS_CLAIM = 'https://aws.amazon.com/tags';
/** Claims that become session tags; those of the second list pass on to the sessions that a session begins. */
const TAGS = ['actor_id', 'enterprise', 'enterprise_id', 'environment', 'event_name', 'job_workflow_ref', 'ref', 'repository', 'repository_id', 'run_id', 'sha'];
const TRANSITIVE_TAGS = ['enterprise', 'environment', 'repository', 'repository_id'];
const TRUSTED_ENTERPRISE_ID = '1234';

/** A token or JSON out; whatever is refused gets the same words. */
const jwtexHttp = {
  contentType: 'application/jwt',
  parse: () => ({}),
  render(operation, result) {
    if (operation === 'TokenExchange') return answer(200, 'application/jwt', result.token);
    return answer(200, 'application/json', JSON.stringify(result));
  },
  renderError: ({ status, message }) => answer(status, 'text/plain; charset=utf-8', `${message}\n`),
};

/** Why the exchange refuses is in its log alone. */
class NotExchanged extends Error {}

export class TokenExchange {
  protocol = jwtexHttp;

  /** Why each refusal was one, oldest first. @type {string[]} */
  log = [];

  /**
   * The claims of the token for a job with these claims; none if the job gets no token. A test may set another.
   * @type {(claims: Record<string, any>) => Record<string, any> | undefined}
   */
  mapping = (claims) => (claims.enterprise_id === TRUSTED_ENTERPRISE_ID ? withTags(claims, TAGS, TRANSITIVE_TAGS) : undefined);

  /**
   * @param {object} options
   * @param {string} options.origin where it listens; it is its issuer too, and the audience of GitHub's tokens that it takes
   * @param {import('./jwt.mjs').SigningKey} options.key
   * @param {string} options.githubIssuer
   * @param {() => import('./jwt.mjs').SigningKey[]} options.githubKeys
   * @param {() => number} options.now milliseconds
   */
  constructor({ origin, key, githubIssuer, githubKeys, now }) {
    Object.assign(this, { origin, githubIssuer, githubKeys, now });
    this.keys = [key];
  }

  operationOf({ method, path }) {
    if (path === '/exchange') return 'TokenExchange';
    if (method !== 'GET') return undefined;
    return { '/.well-known/openid-configuration': 'ExchangeDiscovery', '/.well-known/jwks': 'ExchangeJWKS' }[path];
  }

  detail(_input, { method, query, headers }) {
    return { method, issuerId: query.get('issuerId'), contentType: headers['content-type'] };
  }

  operations = {
    TokenExchange: (_input, call) => ({ token: this.#exchange(call) }),
    ExchangeDiscovery: () => ({
      issuer: this.origin,
      jwks_uri: `${this.origin}/.well-known/jwks`,
      subject_types_supported: ['public'],
      response_types_supported: ['id_token'],
      id_token_signing_alg_values_supported: ['RS256'],
      scopes_supported: ['openid'],
    }),
    ExchangeJWKS: () => ({ keys: this.keys.map(publicJwk) }),
  };

  #exchange({ query, body }) {
    try {
      if (query.get('issuerId') !== 'github') throw new NotExchanged(`unrecognised issuerId: ${query.get('issuerId')}`);
      const claims = this.mapping(this.#verified(body));
      if (!claims) throw new NotExchanged('disallowed by mapper');
      const [key] = this.keys;
      return signJwt({ alg: 'RS256', kid: key.kid, typ: 'JWT' }, { ...claims, iss: this.origin }, key.privateKey);
    } catch (error) {
      if (!(error instanceof NotExchanged)) throw error;
      this.log.push(error.message);
      throw new AwsError('unable-to-exchange', 'unable to exchange');
    }
  }

  #verified(token) {
    const jwt = decodeJwt(token);
    if (!jwt || !hasValidSignature(jwt, 'RS256', this.githubKeys())) throw new NotExchanged('failed to verify signature');
    const { iss, aud, exp } = jwt.claims;
    if (iss !== this.githubIssuer) throw new NotExchanged(`id token issued by a different provider: ${iss}`);
    if (aud !== this.origin) throw new NotExchanged(`expected audience ${this.origin}, got ${aud}`);
    if (!(this.now() / 1000 < exp)) throw new NotExchanged('token is expired');
    return jwt.claims;
  }
}

/** GitHub's claims, as the mappings of jwtex keep them, and the tags of those that the job has. */
export function withTags(claims, names, transitive = []) {
  const present = (name) => claims[name] !== undefined && claims[name] !== '';
  const tags = names.filter(present).map((name) => [name, [claims[name]]]);
  return { ...claims, [TAGS_CLAIM]: { principal_tags: Object.fromEntries(tags), transitive_tag_keys: transitive.filter(present) } };
}

function answer(status, contentType, body) {
  return { status, headers: { 'content-type': contentType }, body };
}
