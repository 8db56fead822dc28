/** One Web API method: who may call it and what it does. */
import type { JsonObject } from '../json.ts';
import { ApiError, type Slack } from '../slack.ts';

export type Method = {
  /** Scopes of which the token needs one; none means any valid token. */
  scopes: readonly string[];
  /** Which token it takes; `bot` when absent. */
  token?: 'bot' | 'app' | 'none';
  /** Answers the fields beside `ok`; throws ApiError. */
  run: (args: JsonObject, slack: Slack) => JsonObject;
};

export type Methods = Record<string, Method>;

/** Throws `missing_scope` in Slack's form: what is needed and what the token has. */
export function requireScope(slack: Slack, scopes: readonly string[]): void {
  if (scopes.length === 0 || scopes.some((scope) => slack.scopes.has(scope))) return;
  throw new ApiError('missing_scope', {
    needed: scopes.join(','),
    provided: [...slack.scopes].join(','),
  });
}

/** A required string argument; throws `invalid_arguments` naming it, as Slack does. */
export function required(args: JsonObject, name: string): string {
  const value = args[name];
  if ((typeof value === 'string' && value !== '') || typeof value === 'number')
    return String(value);
  throw new ApiError('invalid_arguments', {
    response_metadata: { messages: [`[ERROR] missing required field: ${name}`] },
  });
}

/** One page of `all`, by Slack's cursors; `limit` defaults to `size`. */
export function page<T>(
  all: T[],
  args: JsonObject,
  size: number,
): { items: T[]; response_metadata: JsonObject } {
  const limit = Math.max(1, Math.min(1000, Number(args.limit ?? size) || size));
  const cursor = typeof args.cursor === 'string' && args.cursor !== '' ? args.cursor : null;
  const start =
    cursor === null ? 0 : Number(Buffer.from(cursor, 'base64').toString().replace('from:', ''));
  if (!Number.isInteger(start)) throw new ApiError('invalid_cursor');
  const next =
    start + limit < all.length ? Buffer.from(`from:${start + limit}`).toString('base64') : '';
  return { items: all.slice(start, start + limit), response_metadata: { next_cursor: next } };
}
