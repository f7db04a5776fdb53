// Its own file because a module cannot call `require`, as this package does.
import { parse } from 'dotenv';

export function parseDotenv(text: string): Record<string, string> {
  return parse(text);
}
