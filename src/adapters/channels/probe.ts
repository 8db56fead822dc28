import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { INDEX_FILES, type IndexFile } from '../../domain/channel-index.ts';
import type { Credential } from '../../domain/credential.ts';
import { type FerryError, outsideError } from '../../domain/errors.ts';
import type { Channel } from '../../domain/ports.ts';
import { createFetcher, type Fetched, type Fetcher } from '../host/fetch.ts';
import type { Network } from '../host/network.ts';

const PATIENCE_MS = 10_000;

/** How files of these kinds begin: a frame of zstd (RFC 8878, 3.1.1), an object of JSON. */
const ZSTD = /^\x28\xb5\x2f\xfd/;
const BEGINNINGS: Readonly<Record<IndexFile, RegExp>> = {
  'repodata_shards.msgpack.zst': ZSTD,
  'repodata.json.zst': ZSTD,
  'repodata.json': /^\s*\{/,
};

/**
 * Says which index of packages a channel has, without reading it. Errors: `channel-gone` for an address at which
 * nothing is, `channel-foreign` for what is no channel of conda's, `channel-unreachable`.
 */
export async function probeChannel(
  { name, url }: Channel,
  platform: string,
  network: Network,
  credentials: readonly Credential[],
): Promise<string> {
  const fetcher = createFetcher(network, credentials);
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const base = url.replace(/\/+$/, '');
  try {
    for (const folder of [platform, 'noarch']) {
      for (const file of INDEX_FILES) {
        const begins = await beginning(fetcher, `${base}/${folder}/${file}`, signal);
        if (begins === null) continue;
        if (!BEGINNINGS[file].test(begins))
          throw foreign(name, `${base}/${folder}/${file}`, begins);
        return `has ${folder}/${file}`;
      }
    }
    throw (await isThere(fetcher, base, signal)) ? empty(name, base, platform) : gone(name, base);
  } catch (error) {
    throw error instanceof Error && 'suggestion' in error ? error : unreachable(name, error);
  } finally {
    fetcher.close();
  }
}

async function isThere(fetcher: Fetcher, base: string, signal: AbortSignal): Promise<boolean> {
  if (base.startsWith('file:')) {
    return stat(fileURLToPath(base)).then(
      () => true,
      () => false,
    );
  }
  return (await beginning(fetcher, `${base}/`, signal)) !== null;
}

/** The first bytes of a file, each a character; null where there is none. */
async function beginning(
  fetcher: Fetcher,
  address: string,
  signal: AbortSignal,
): Promise<string | null> {
  const fetched: Fetched = await fetcher.get(address, null, signal);
  if (fetched.state !== 'found') return null;
  for await (const chunk of fetched.body) return Buffer.from(chunk).toString('latin1', 0, 64);
  return '';
}

const CORRECT = 'Correct `url` of this channel, or take it out of `channels`.';

function gone(name: string, base: string): FerryError {
  return outsideError({
    code: 'channel-gone',
    message: `Channel ${name} is not there: nothing is at ${base} (404).`,
    suggestion: CORRECT,
  });
}

function empty(name: string, base: string, platform: string): FerryError {
  return outsideError({
    code: 'channel-foreign',
    message: `Channel ${name} is no channel of conda’s: ${base} has neither ${platform}/repodata.json nor noarch/repodata.json.`,
    suggestion: `${CORRECT} A folder of packages becomes one by \`conda index FOLDER\`.`,
  });
}

function foreign(name: string, address: string, begins: string): FerryError {
  const what = /^\s*<|^﻿/.test(begins) ? 'a web page' : 'something else';
  return outsideError({
    code: 'channel-foreign',
    message: `Channel ${name} is no channel of conda’s: ${what} is at ${address}.`,
    suggestion: `${CORRECT} A proxy that wants a login answers so, too.`,
  });
}

function unreachable(name: string, error: unknown): FerryError {
  const isLate = error instanceof Error && /abort|timeout/i.test(error.name);
  const why = isLate ? `no answer within ${PATIENCE_MS / 1000} s` : (error as Error).message;
  return outsideError(
    {
      code: 'channel-unreachable',
      message: `Channel ${name} cannot be reached: ${why.replace(/\.$/, '')}.`,
      suggestion:
        'See that this host reaches its address, by HTTPS_PROXY and SSL_CERT_FILE where it takes these; or take it out of `channels`.',
      retryable: true,
    },
    error,
  );
}
