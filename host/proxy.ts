import net from 'node:net';
import type { Failure } from './core.d.ts';

type Environment = Record<string, string | undefined>;

/** In the order in which they count, as for curl; an empty one is none. */
const PROXY_VARIABLES = ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'];
const NO_PROXY_VARIABLES = ['no_proxy', 'NO_PROXY'];

/** What hpagent takes for a URL: user and password still percent-encoded, an IPv6 address without brackets. */
export interface Proxy {
  protocol: string;
  hostname: string;
  port: string;
  username: string;
  password: string;
}

/**
 * Which proxy leads to a host over TLS, if any does. Throws a `Failure` for a proxy that cannot be used: to go round it unasked
 * could be what nobody wanted. `docs/runners-and-networks.md` has the rules, and what curl and the AWS CLI do.
 */
export function proxyRules(environment: Environment): (url: URL) => Proxy | undefined {
  const bypasses = bypassRules(first(environment, NO_PROXY_VARIABLES)?.text ?? '');
  const named = first(environment, PROXY_VARIABLES);
  if (named === undefined || bypasses === 'everything') {
    return () => undefined;
  }
  const proxy = parse(named);
  return (url) => {
    const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
    return isThisMachine(host) || bypasses(host, url.port || '443') ? undefined : proxy;
  };
}

function first(environment: Environment, names: string[]) {
  const set = names.map((name) => ({ name, text: environment[name]?.trim() ?? '' }));
  return set.find(({ text }) => text !== '');
}

/** No error has the URL in it, which may hold a password. */
function parse({ name, text }: { name: string; text: string }): Proxy {
  const whole = text.includes('://') ? text : `http://${text}`;
  if (!URL.canParse(whole)) {
    throw wrong(name, 'is not the URL of a proxy');
  }
  const { protocol, hostname, port, username, password } = new URL(whole);
  if (protocol.startsWith('socks')) {
    throw wrong(name, 'names a SOCKS proxy, which cannot be used');
  }
  if (!['http:', 'https:'].includes(protocol) || hostname === '') {
    throw wrong(name, 'is not an http:// or https:// URL');
  }
  if (![username, password].every(isPercentEncoded)) {
    throw wrong(name, 'has a user or password with a `%` that does not begin a percent-encoded character (`%25` is the sign itself)');
  }
  return { protocol, hostname: hostname.replace(/^\[|\]$/g, ''), port, username, password };
}

function isPercentEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function wrong(name: string, problem: string): Failure {
  return {
    code: 'invalid-input',
    message: `${name}: ${problem}`,
    hint: 'Set `HTTPS_PROXY` to http://HOST:PORT or https://HOST:PORT, or `NO_PROXY` to `*` to connect directly. Nothing was sent.',
  };
}

/** This machine is reached without a proxy, whatever `NO_PROXY` says. */
function isThisMachine(host: string): boolean {
  return host === 'localhost' || (net.isIPv4(host) ? host.startsWith('127.') : host === '::1');
}

/** What `NO_PROXY` says of a host in lower case, without brackets or a trailing dot. */
function bypassRules(list: string): 'everything' | ((host: string, port: string) => boolean) {
  const entries = list.toLowerCase().split(/[\s,]+/).filter((entry) => entry !== '');
  if (entries.includes('*')) {
    return 'everything';
  }
  const rules = entries.map(rule);
  return (host, port) => rules.some((matches) => matches(host, port));
}

function rule(entry: string): (host: string, port: string) => boolean {
  const [, bracketed, name = '', wanted] = /^(?:\[(.*)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? [, undefined, entry];
  const target = bracketed ?? name;
  const [address = '', prefix] = target.split('/');
  const isPort = (port: string) => wanted === undefined || Number(wanted) === Number(port);
  if (net.isIP(address)) {
    const addresses = blockOf(address, prefix);
    return (host, port) => isPort(port) && net.isIP(host) !== 0 && addresses.check(host, family(host));
  }
  const domain = target.replace(/^\*?\./, '').replace(/\.$/, '');
  // An address is no subdomain: `0.2.77` is not 192.0.2.77.
  return (host, port) =>
    domain !== '' && isPort(port) && net.isIP(host) === 0 && (host === domain || host.endsWith(`.${domain}`));
}

/** One address, or all with a prefix in common; none if the prefix is none. */
function blockOf(address: string, prefix: string | undefined): net.BlockList {
  const block = new net.BlockList();
  const bits = Number(prefix);
  if (prefix === undefined) {
    block.addAddress(address, family(address));
  } else if (/^\d{1,3}$/.test(prefix) && bits <= (net.isIPv4(address) ? 32 : 128)) {
    block.addSubnet(address, bits, family(address));
  }
  return block;
}

function family(address: string): 'ipv4' | 'ipv6' {
  return net.isIPv4(address) ? 'ipv4' : 'ipv6';
}
