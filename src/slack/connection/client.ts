/** Calls of Slack's Web API, and what their failures mean. */
import type { Call, Download } from '../chat/call.ts';
import { ChatError, TEMPORARY_CODES } from '../chat/error.ts';
import { type Access, apiUrlOf, clientOptions, type Logger, webApi } from './bolt.ts';

/** Both reject with a ChatError. */
export interface Client {
  call: Call;
  download: Download;
}

export function createClient(access: Access, logger: Logger): Client {
  const client = new webApi.WebClient(access.botToken, clientOptions(access, logger));
  return {
    async call(method, args) {
      try {
        return { ...(await client.apiCall(method, args)) };
      } catch (error) {
        throw chatError(error);
      }
    },
    download: downloadOf(access.botToken, apiUrlOf(access)),
  };
}

function chatError(error: unknown): ChatError {
  if (error instanceof webApi.WebAPIRateLimitedError) {
    return new ChatError('busy', 'ratelimited', { retryAfter: error.retryAfter, cause: error });
  }
  if (error instanceof webApi.WebAPIPlatformError) {
    const { error: code, needed }: { error: string; needed?: unknown } = error.data;
    return new ChatError(TEMPORARY_CODES.has(code) ? 'unavailable' : 'refused', code, {
      needed: typeof needed === 'string' ? needed.split(',') : [],
      cause: error,
    });
  }
  if (error instanceof webApi.WebAPIHTTPError) {
    return new ChatError('unavailable', `http_${error.statusCode}`, { cause: error });
  }
  return new ChatError('unavailable', 'no_answer', { cause: error });
}

/** The token goes to Slack and nowhere else, whatever address a payload names. */
function downloadOf(token: string, slackApiUrl: string): Download {
  return async (address, limit) => {
    const url = URL.canParse(address) ? new URL(address) : null;
    const ours = url?.origin === new URL(slackApiUrl).origin;
    const slack = url?.protocol === 'https:' && /(^|\.)slack\.com$/.test(url.hostname);
    if (!url || !(ours || slack)) throw new ChatError('refused', 'foreign_file');
    let response: Response;
    try {
      response = await fetch(url, {
        headers: { authorization: `Bearer ${token}` },
        signal: AbortSignal.timeout(30_000),
      });
    } catch (error) {
      throw new ChatError('unavailable', 'no_answer', { cause: error });
    }
    // Without the scope `files:read` Slack answers with its sign-in page.
    const isPage = response.headers.get('content-type')?.startsWith('text/html');
    if (!response.ok || !response.body || isPage)
      throw new ChatError('refused', 'file_not_readable');
    let kept = Buffer.alloc(0);
    for await (const chunk of response.body) {
      kept = Buffer.concat([kept, chunk]);
      if (kept.length > 2 * limit) kept = kept.subarray(-limit);
    }
    return kept.subarray(-limit).toString('utf8');
  };
}
