/** Calls of Slack's Web API, and what their failures mean. */
import type { Call, Download, Upload } from '../chat/call.ts';
import { ChatError, TEMPORARY_CODES } from '../chat/error.ts';
import { type Access, apiUrlOf, clientOptions, type Logger, webApi } from './bolt.ts';

/** All reject with a ChatError. */
export interface Client {
  call: Call;
  download: Download;
  upload: Upload;
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
    upload: uploadTo(apiUrlOf(access)),
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

/** The token, and what people keep here, go to Slack and nowhere else, whatever a payload names. */
async function fetchFromSlack(
  address: string,
  slackApiUrl: string,
  options: RequestInit,
): Promise<Response> {
  const url = URL.canParse(address) ? new URL(address) : null;
  const ours = url?.origin === new URL(slackApiUrl).origin;
  const slack = url?.protocol === 'https:' && /(^|\.)slack\.com$/.test(url.hostname);
  if (!url || !(ours || slack)) throw new ChatError('refused', 'foreign_file');
  try {
    return await fetch(url, { ...options, signal: AbortSignal.timeout(30_000) });
  } catch (error) {
    throw new ChatError('unavailable', 'no_answer', { cause: error });
  }
}

/** The address is the permission: it takes one file, and no token. */
function uploadTo(slackApiUrl: string): Upload {
  return async (address, content) => {
    const body = new Uint8Array(content);
    const response = await fetchFromSlack(address, slackApiUrl, { method: 'POST', body });
    if (!response.ok) throw new ChatError('unavailable', `http_${response.status}`);
  };
}

function downloadOf(token: string, slackApiUrl: string): Download {
  return async (address, limit) => {
    const response = await fetchFromSlack(address, slackApiUrl, {
      headers: { authorization: `Bearer ${token}` },
    });
    // Without the scope `files:read` Slack answers with its sign-in page.
    const isPage = response.headers.get('content-type')?.startsWith('text/html');
    if (!response.ok || !response.body || isPage)
      throw new ChatError('refused', 'file_not_readable');
    let kept = Buffer.alloc(0);
    for await (const chunk of response.body) {
      kept = Buffer.concat([kept, chunk]);
      if (kept.length > 2 * limit) kept = kept.subarray(-limit);
    }
    return kept.subarray(-limit);
  };
}
