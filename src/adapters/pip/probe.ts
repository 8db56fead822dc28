import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Credential } from '../../domain/credential.ts';
import type { Channel } from '../../domain/ports.ts';
import { createFetcher } from '../host/fetch.ts';
import type { Network } from '../host/network.ts';
import { indexUnreachable } from './errors.ts';

/** A page that any index may have or not: the whole list of a public one is very long. */
const PAGE = 'pip/';
const PATIENCE_MS = 10_000;

/** Says that an index answers, or throws `index-unreachable`. */
export async function probeIndex(
  { name, url }: Channel,
  network: Network,
  credentials: readonly Credential[] = [],
): Promise<string> {
  const fetcher = createFetcher(network, credentials);
  try {
    if (url.startsWith('file:')) {
      if (!(await stat(fileURLToPath(url))).isDirectory()) throw new Error('it is not a folder');
      return 'is there';
    }
    const page = `${url.replace(/\/+$/, '')}/${PAGE}`;
    const fetched = await fetcher.get(page, null, AbortSignal.timeout(PATIENCE_MS));
    if (fetched.state === 'found') fetched.body.destroy();
    return 'answers';
  } catch (error) {
    throw indexUnreachable(name, (error as Error).message, error);
  } finally {
    fetcher.close();
  }
}
