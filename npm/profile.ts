import { configFile, read } from '../host/aws-files.ts';
import { admin } from './load-admin.ts';

/**
 * What a profile of AWS's config file says under the keys, '' where nothing; none if there is no such profile. Most jobs have no
 * such file: they load no second wasm for it.
 */
export async function profileSettings(name: string, keys: string[]): Promise<string[] | undefined> {
  const text = read(configFile());
  return text ? (await admin()).profileSettings(text, name, keys) : undefined;
}
