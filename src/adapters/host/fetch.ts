import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import {
  Agent as HttpAgent,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as requestHttp,
} from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type Credential, opened } from '../../domain/credential.ts';
import { authorities, type Network } from './network.ts';

/** What lies at an address now. */
export type Fetched =
  /** `tag` is null where the same one could be that of something else. */
  | { state: 'found'; body: Readable; tag: string | null }
  /** As it was when the tag was given. */
  | { state: 'same' }
  | { state: 'absent' };

/** Reads channels' files over HTTP and from folders. */
export interface Fetcher {
  /** `tag` is what an earlier answer carried. Rejects when the channel cannot be reached. */
  get(url: string, tag: string | null, signal: AbortSignal): Promise<Fetched>;
  close(): void;
}

const MOST_REDIRECTS = 5;
/** A file that changed so short ago may change again under the same time: as git's racy entries. */
const RACY_MS = 2_000;

/** Proxies and certificates are those of the engines; `credentials` open private hosts. */
export function createFetcher(network: Network, credentials: readonly Credential[] = []): Fetcher {
  const trusted = authorities(network);
  const options = { proxyEnv: network, keepAlive: false };
  const agents = {
    'http:': new HttpAgent(options),
    'https:': new HttpsAgent({ ...options, ...(trusted ? { ca: trusted } : {}) }),
  };

  async function getHttp(
    url: URL,
    tag: string | null,
    signal: AbortSignal,
    redirects = 0,
  ): Promise<Fetched> {
    const response = await send(url, tag, signal);
    const { statusCode: status = 0, headers } = response;
    if (status === 200) return { state: 'found', body: response, tag: tagOf(headers) };
    response.resume();
    if (status === 304) return { state: 'same' };
    // Object stores without a right to list say 403 for what is not there.
    if ([403, 404, 410].includes(status)) return { state: 'absent' };
    if (headers.location && status >= 300 && status < 400 && redirects < MOST_REDIRECTS) {
      return getHttp(new URL(headers.location, url), tag, signal, redirects + 1);
    }
    throw new Error(`${url.origin} answers ${status}`);
  }

  function send(url: URL, tag: string | null, signal: AbortSignal): Promise<IncomingMessage> {
    const secure = url.protocol === 'https:';
    // Each hop of a redirect anew: what opens one host is not shown to another.
    const way = opened(url, credentials);
    const headers = {
      'user-agent': 'conda-ferry',
      ...way.headers,
      ...(tag === null ? {} : { [tag.includes('"') ? 'if-none-match' : 'if-modified-since']: tag }),
    };
    return new Promise((resolve, reject) => {
      const sent = (secure ? requestHttps : requestHttp)(way.url, {
        ...{ headers, signal },
        agent: secure ? agents['https:'] : agents['http:'],
      });
      sent.once('response', resolve).once('error', reject).end();
    });
  }

  return {
    async get(address, tag, signal) {
      const url = new URL(address);
      return url.protocol === 'file:' ? getFile(url, tag, signal) : getHttp(url, tag, signal);
    },
    close() {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

async function getFile(url: URL, tag: string | null, signal: AbortSignal): Promise<Fetched> {
  const path = fileURLToPath(url);
  const found = await stat(path, { bigint: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (!found?.isFile()) return { state: 'absent' };
  const now = `${found.ino} ${found.size} ${found.mtimeNs} ${found.ctimeNs}`;
  if (now === tag) return { state: 'same' };
  const isRacy = Date.now() - Number(found.ctimeMs) < RACY_MS;
  return { state: 'found', body: createReadStream(path, { signal }), tag: isRacy ? null : now };
}

/** A time of a second stands for whatever was there in it (RFC 9110, 8.8.2.2): none while it lasts. */
function tagOf(headers: IncomingHttpHeaders): string | null {
  const { etag, date, 'last-modified': modified } = headers;
  if (etag) return etag;
  if (!modified || !date) return null;
  return Date.parse(date) - Date.parse(modified) >= RACY_MS ? modified : null;
}
