/** Where an error's code is explained: every error ends with this address. */
export function pageOf(code: string): string {
  return `https://github.com/org/env-kvstore/blob/v1/docs/troubleshooting.md#${code}`;
}
