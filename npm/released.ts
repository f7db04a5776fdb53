import { existsSync, readFileSync } from 'node:fs';

interface Manifest {
  version: string;
  repository: { url: string };
  /** Written by the release, which alone knows the commit. */
  gitHead?: string;
}

/** The action by the commit that this package was released from, as a workflow names it; none where that is not known. */
export function releasedAction(): string | undefined {
  const manifest = new URL('../../package.json', import.meta.url);
  // The files of dist/ run without their package too.
  if (!existsSync(manifest)) return undefined;
  const { version, repository, gitHead } = JSON.parse(readFileSync(manifest, 'utf8')) as Manifest;
  const [, slug] = /github\.com\/([^/]+\/[^/]+?)(?:\.git)?$/.exec(repository.url) ?? [];
  return slug && gitHead && `${slug}@${gitHead} # v${version}`;
}
