import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Credential, netrcOf } from '../../domain/credential.ts';

/**
 * Has conda find credentials in a folder that is gone after its run: passwords in a `.netrc`, tokens of its own form
 * in a file each, named by the address they are for (`conda.gateways.anaconda_client`). Returns the variables that
 * lead it there. None of that comes into addresses that it writes down.
 */
export async function writeCredentials(
  credentials: readonly Credential[],
  folder: string,
): Promise<Record<string, string>> {
  if (credentials.length === 0) return {};
  const tokens = join(folder, 'credentials');
  await mkdir(join(tokens, 'data'), { recursive: true, mode: 0o700 });
  const netrc = join(tokens, 'netrc');
  await writeFile(netrc, netrcOf(credentials), { mode: 0o600 });
  for (const credential of credentials) {
    if (credential.kind !== 'address') continue;
    const name = encodeURIComponent(`https://${credential.host}`);
    await writeFile(join(tokens, 'data', `${name}.token`), credential.token, { mode: 0o600 });
  }
  return { NETRC: netrc, BINSTAR_CONFIG_DIR: tokens };
}
