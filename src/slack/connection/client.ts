/** Calls of Slack's Web API, and what their failures mean. */
import { isSlacks } from '../../domain/slack-files.ts';
import type { Call, Upload } from '../chat/call.ts';
import { ChatError, NOT_SLACK, TEMPORARY_CODES } from '../chat/error.ts';
import { type Access, apiUrlOf, clientOptions, type Logger, webApi } from './bolt.ts';

/** Milliseconds one upload may take. */
const UPLOAD_PATIENCE = 30_000;

/** All reject with a ChatError. */
export interface Client {
  call: Call;
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
    upload: uploadTo(apiUrlOf(access)),
  };
}

/** What is no word of Slack's is the page of whoever else answers: a proxy, a wrong address. */
const WORD = /^[a-z][a-z0-9_:.-]{0,99}$/i;

/** Any error of a Web API client. */
export function chatError(error: unknown): ChatError {
  if (error instanceof webApi.WebAPIRateLimitedError) {
    return new ChatError('busy', 'ratelimited', { retryAfter: error.retryAfter, cause: error });
  }
  if (error instanceof webApi.WebAPIPlatformError) {
    const { error: code, needed }: { error: string; needed?: unknown } = error.data;
    if (!WORD.test(code)) return new ChatError('unavailable', NOT_SLACK, { cause: error });
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

/** The address is the permission: it takes one file, and no token; but it must be Slack's. */
function uploadTo(slackApiUrl: string): Upload {
  return async (address, content) => {
    if (!isSlacks(address, slackApiUrl)) throw new ChatError('refused', 'foreign_file');
    const response = await fetch(address, {
      method: 'POST',
      body: new Uint8Array(content),
      // Where it leads on, what people keep here does not go.
      redirect: 'error',
      signal: AbortSignal.timeout(UPLOAD_PATIENCE),
    }).catch((error: unknown) => {
      throw new ChatError('unavailable', 'no_answer', { cause: error });
    });
    await response.body?.cancel();
    if (!response.ok) throw new ChatError('unavailable', `http_${response.status}`);
  };
}
