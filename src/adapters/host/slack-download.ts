import { type Download, DownloadError, isSlacks, type Wanted } from '../../domain/slack-files.ts';

/** Milliseconds for all of a download, where the caller sets no other limit. */
const PATIENCE = 30_000;
const MOST_REDIRECTS = 3;

/**
 * The one way to what lies in Slack: the token goes to Slack's own addresses, also where one leads to
 * another, and no more is kept than is asked for, whatever was said of the size.
 */
export function createDownload({
  botToken,
  apiUrl,
}: {
  botToken: string;
  /** Null for Slack itself. */
  apiUrl: string | null;
}): Download {
  const api = apiUrl ?? 'https://slack.com/api/';
  const headers = { authorization: `Bearer ${botToken}` };

  async function open(address: string, signal: AbortSignal, redirects = 0): Promise<Response> {
    if (!isSlacks(address, api)) throw new DownloadError('elsewhere', 'another service has it');
    const response = await fetch(address, { headers, signal, redirect: 'manual' });
    const location = response.headers.get('location');
    if (response.status < 300 || response.status >= 400 || location === null) return response;
    await response.body?.cancel();
    if (redirects === MOST_REDIRECTS) throw new DownloadError('unavailable', 'it leads in circles');
    return open(String(new URL(location, address)), signal, redirects + 1);
  }

  return async (address, wanted) => {
    const { signal = AbortSignal.timeout(PATIENCE) } = wanted;
    try {
      const response = await open(address, signal);
      const { status, body } = response;
      if (!response.ok) {
        await body?.cancel();
        throw new DownloadError(status < 500 ? 'refused' : 'unavailable', `status ${status}`);
      }
      // Without the scope `files:read` Slack answers with its sign-in page.
      if (response.headers.get('content-type')?.startsWith('text/html')) {
        await body?.cancel();
        throw new DownloadError('refused', 'a page in its place');
      }
      return body === null ? new Uint8Array() : await read(body, wanted);
    } catch (error) {
      if (error instanceof DownloadError) throw error;
      if (wanted.signal?.aborted) throw wanted.signal.reason;
      const why = error instanceof Error ? error.message : String(error);
      throw new DownloadError('unavailable', why, error);
    }
  };
}

/** Each byte is copied once: at the end, from what is kept. */
async function read(body: AsyncIterable<Uint8Array>, { limit, keep }: Wanted): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let first = 0;
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (keep === 'start' && bytes >= limit) break;
    for (let oldest = chunks[first]; oldest && bytes - oldest.length >= limit; ) {
      bytes -= oldest.length;
      delete chunks[first];
      first += 1;
      oldest = chunks[first];
    }
  }
  const kept = Buffer.concat(chunks.slice(first));
  return keep === 'start'
    ? kept.subarray(0, limit)
    : kept.subarray(Math.max(0, kept.length - limit));
}
