// moto, an emulator of AWS from PyPI, filled by setup.py.

import { execFileSync, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { answers, freePort } from '../runner/ports.mjs';
import { inVenv } from '../runner/venv.mjs';

/** By boto3. */
const READ_OBJECT = `
import boto3, sys
url, bucket, key = sys.argv[1:]
keys = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}
s3 = boto3.client("s3", endpoint_url=url, region_name="us-west-2", **keys)
sys.stdout.write(s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode())
`;

/**
 * @returns {Promise<{ url: string, setup: { poolId: string, roleArn: string, shared: Record<string, string> }, object: (bucket: string, key: string) => string, stop: () => void }>}
 */
export async function startMoto() {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = spawn(inVenv('moto_server'), ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
  await answers(`${url}/moto-api/`, 'moto');
  const script = fileURLToPath(new URL('setup.py', import.meta.url));
  const setup = execFileSync(inVenv('python'), [script, url, 'octo-enterprise', 'octo-org/octo-repo']);
  const object = (bucket, key) => execFileSync(inVenv('python'), ['-c', READ_OBJECT, url, bucket, key], { encoding: 'utf8' });
  return { url, setup: JSON.parse(setup), object, stop: () => server.kill() };
}
