/** The Web API: one call in, Slack's answer out. Token, scope, rate limit and faults stand before the method. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isObject, type JsonObject } from './json.ts';
import { app } from './methods/app.ts';
import { chat } from './methods/chat.ts';
import { conversations } from './methods/conversations.ts';
import { files } from './methods/files.ts';
import { type Method, type Methods, requireScope } from './methods/method.ts';
import { people } from './methods/people.ts';
import { reactions } from './methods/reactions.ts';
import { streams } from './methods/streams.ts';
import { views } from './methods/views.ts';
import { ApiError, type Slack } from './slack.ts';

const METHODS: Methods = {
  ...app,
  ...chat,
  ...conversations,
  ...files,
  ...people,
  ...reactions,
  ...streams,
  ...views,
};

/** One Web API call, kept for tests. The token is left out. */
export type ApiCall = {
  method: string;
  args: JsonObject;
  at: number;
  status: number;
  reply: JsonObject | null;
};

/** What the HTTP server sends: `reply` null means that the connection is cut without an answer. */
export type ApiReply = {
  status: number;
  headers: Record<string, string>;
  reply: JsonObject | null;
  hang: boolean;
};

const WORKSPACE_TOKEN_ERROR = 'not_allowed_token_type';

function checkToken(method: Method, token: string, slack: Slack): void {
  if (method.token === 'none') return;
  if (token === '') throw new ApiError('not_authed');
  if (slack.revokedTokens.has(token)) throw new ApiError('token_revoked');
  const known = { [slack.botToken]: 'bot', [slack.appToken]: 'app' }[token];
  if (!known) throw new ApiError('invalid_auth');
  if (known !== (method.token ?? 'bot')) throw new ApiError(WORKSPACE_TOKEN_ERROR);
  requireScope(slack, method.scopes);
}

/** What Slack tells of scopes with every answer: those the token has, and those the method takes. */
function scopeHeaders(method: Method, { scopes }: Slack): Record<string, string> {
  if ((method.token ?? 'bot') !== 'bot') return {};
  return {
    'x-oauth-scopes': [...scopes].join(','),
    ...(method.scopes.length > 0 ? { 'x-accepted-oauth-scopes': method.scopes.join(',') } : {}),
  };
}

/** The arguments in an HTTP request: query, then form, JSON or multipart body. Throws ApiError. */
export async function readArguments(
  query: URLSearchParams,
  contentType: string,
  body: Buffer,
): Promise<JsonObject> {
  const args: JsonObject = Object.fromEntries(query);
  if (body.length === 0) return args;
  if (contentType.startsWith('application/json')) {
    let json: unknown;
    try {
      json = JSON.parse(body.toString());
    } catch {
      throw new ApiError('invalid_json');
    }
    if (!isObject(json)) throw new ApiError('json_not_object');
    return { ...args, ...json };
  }
  if (contentType.startsWith('application/x-www-form-urlencoded'))
    return { ...args, ...Object.fromEntries(new URLSearchParams(body.toString())) };
  if (contentType.startsWith('multipart/form-data')) {
    const form = await new Response(new Uint8Array(body), {
      headers: { 'content-type': contentType },
    }).formData();
    return { ...args, ...Object.fromEntries(form) };
  }
  throw new ApiError('invalid_post_type');
}

/** Runs one call of `name` and puts it into `calls`. */
export async function callMethod(
  slack: Slack,
  calls: ApiCall[],
  name: string,
  token: string,
  readArgs: () => Promise<JsonObject>,
): Promise<ApiReply> {
  const fault = slack.faults.takeCall(name);
  if (fault.delayMs) await sleep(fault.delayMs, undefined, { ref: false });
  const answer = (
    status: number,
    reply: JsonObject,
    headers: Record<string, string> = {},
  ): ApiReply => ({
    status,
    headers,
    reply,
    hang: false,
  });
  let args: JsonObject = {};
  const method = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;
  const scopes = method ? scopeHeaders(method, slack) : {};
  const run = async (): Promise<ApiReply> => {
    try {
      const { token: bodyToken, ...read } = await readArgs();
      args = read;
      if (fault.status)
        return answer(fault.status, { ok: false, error: fault.error ?? 'internal_error' });
      if (fault.retryAfter !== undefined)
        return answer(
          429,
          { ok: false, error: 'ratelimited' },
          { 'retry-after': String(fault.retryAfter) },
        );
      if (fault.error) return answer(200, { ok: false, error: fault.error }, scopes);
      if (!method) throw new ApiError('unknown_method', { req_method: name });
      checkToken(method, token || String(bodyToken ?? ''), slack);
      const wait = slack.rateLimits?.take(name, args.channel) ?? 0;
      if (wait > 0)
        return answer(429, { ok: false, error: 'ratelimited' }, { 'retry-after': String(wait) });
      return answer(200, { ok: true, ...method.run(args, slack) }, scopes);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return answer(200, { ok: false, error: error.code, ...error.details }, scopes);
    }
  };
  if (fault.hang) {
    args = await readArgs();
    calls.push({ method: name, args, at: slack.workspace.now(), status: 0, reply: null });
    return { status: 0, headers: {}, reply: null, hang: true };
  }
  const result = await run();
  calls.push({
    method: name,
    args,
    at: slack.workspace.now(),
    status: result.status,
    reply: result.reply,
  });
  return fault.loseReply ? { ...result, reply: null } : result;
}
