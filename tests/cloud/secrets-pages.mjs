// How Secrets Manager's lists go on: NextToken names where the next page starts.

import { AwsError } from './protocols.mjs';

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * @template T
 * @param {T[]} all
 * @param {{ MaxResults?: number, NextToken?: string }} input
 * @param {number} largest of one answer; AWS may always give fewer than were asked for
 * @returns {{ page: T[], next: { NextToken?: string } }}
 */
export function paged(all, { MaxResults, NextToken }, largest) {
  if (MaxResults !== undefined && !(Number.isInteger(MaxResults) && MaxResults >= 1 && MaxResults <= 100)) {
    const bound = MaxResults > 100 ? 'less than or equal to 100' : 'greater than or equal to 1';
    throw new AwsError(
      'ValidationException',
      `1 validation error detected: Value '${MaxResults}' at 'maxResults' failed to satisfy constraint: Member must have value ${bound}`,
    );
  }
  const start = pageOf(NextToken);
  const end = start + Math.min(MaxResults ?? largest, largest);
  return { page: all.slice(start, end), next: end < all.length ? { NextToken: tokenOf(end) } : {} };
}

export function tokenOf(start) {
  return Buffer.from(`page from ${start}`).toString('base64');
}

export function pageOf(nextToken) {
  if (nextToken === undefined) return 0;
  const start = /^page from (\d+)$/.exec(Buffer.from(String(nextToken), 'base64').toString())?.[1];
  if (start === undefined) throw new AwsError('InvalidNextTokenException', 'The NextToken value is invalid.');
  return Number(start);
}

/** When something was accessed AWS tells to the day. */
export function dayOf(milliseconds) {
  return Math.floor(milliseconds / DAY_MS) * DAY_MS;
}
