import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Credential } from '../../domain/credential.ts';
import { FerryError, outsideError } from '../../domain/errors.ts';
import type { Channel } from '../../domain/ports.ts';
import { createFetcher } from '../host/fetch.ts';
import type { Network } from '../host/network.ts';

/** A page that nearly any index has: the whole list of a public one is very long. */
const PAGE = 'pip/';
const PATIENCE_MS = 10_000;

/** Says that an index answers. Errors: `index-gone`, `index-unreachable`, with what its operator can do. */
export async function probeIndex(
  { url }: Channel,
  network: Network,
  credentials: readonly Credential[] = [],
): Promise<string> {
  const fetcher = createFetcher(network, credentials);
  try {
    if (url.startsWith('file:')) {
      if (!(await stat(fileURLToPath(url))).isDirectory()) throw new Error('it is not a folder');
      return 'is there';
    }
    const base = `${url.replace(/\/+$/, '')}/`;
    for (const address of [`${base}${PAGE}`, base]) {
      const fetched = await fetcher.get(address, null, AbortSignal.timeout(PATIENCE_MS));
      if (fetched.state !== 'found') continue;
      fetched.body.destroy();
      return 'answers';
    }
    throw outsideError({
      code: 'index-gone',
      message: `Nothing is at ${base} (404).`,
      suggestion: 'Correct `url` of this index, or take it out of `indexes`.',
    });
  } catch (error) {
    if (error instanceof FerryError) throw error;
    const why = (error as Error).message.replace(/\.$/, '');
    throw outsideError(
      {
        code: 'index-unreachable',
        message: `It does not answer: ${why}.`,
        suggestion:
          'See that this host reaches its address, by HTTPS_PROXY and SSL_CERT_FILE where it takes these; or take it out of `indexes`.',
        retryable: true,
      },
      error,
    );
  } finally {
    fetcher.close();
  }
}
