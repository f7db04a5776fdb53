import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import type { Failure } from './core.d.ts';

/**
 * `AWS_CA_BUNDLE` adds to what Node trusts. Naming authorities switches `NODE_EXTRA_CA_CERTS` off in Node, so it is read
 * again here. Without the bundle nothing is named, and Node's own, faster way is taken.
 */
export function trustedAuthorities(): { ca?: string[] } {
  const bundle = process.env['AWS_CA_BUNDLE'];
  if (!bundle) {
    return {};
  }
  const extra = read(process.env['NODE_EXTRA_CA_CERTS']);
  const named = read(bundle);
  if (named === undefined) {
    throw {
      code: 'invalid-input',
      message: 'AWS_CA_BUNDLE: the file cannot be read',
      hint: 'Correct the path, or unset the variable. Nothing was sent or written.',
    } satisfies Failure;
  }
  return { ca: [...rootCertificates, named, ...(extra === undefined ? [] : [extra])] };
}

function read(path: string | undefined): string | undefined {
  try {
    return path ? readFileSync(path, 'utf8') : undefined;
  } catch {
    return undefined;
  }
}
