/** What can come of a call of Slack's Web API, in few words. */

/**
 * Why a call did not do its work. `busy`: not now, wait `retryAfter` seconds. `unavailable`: no
 * answer, or one that says nothing; the call may have been carried out all the same. `refused`:
 * Slack said no, and `code` is its word for it (`channel_not_found`).
 */
export class ChatError extends Error {
  readonly kind: 'busy' | 'unavailable' | 'refused';
  readonly code: string;
  readonly retryAfter: number;
  /** The scopes of which one is missing, with `missing_scope`. */
  readonly needed: readonly string[];

  constructor(
    kind: ChatError['kind'],
    code: string,
    options: { retryAfter?: number; needed?: readonly string[]; cause?: unknown } = {},
  ) {
    super(`Slack: ${kind} (${code})`, { cause: options.cause });
    this.name = 'ChatError';
    this.kind = kind;
    this.code = code;
    this.retryAfter = options.retryAfter ?? 0;
    this.needed = options.needed ?? [];
  }
}

/** Slack's words for "our fault, try later", answered with HTTP 200. */
export const TEMPORARY_CODES: ReadonlySet<string> = new Set([
  'accesslimited',
  'fatal_error',
  'internal_error',
  'request_timeout',
  'service_unavailable',
  'team_added_to_org',
]);

/** Somebody else has answered in Slack's place: a proxy, or whoever is at a wrong address. */
export const NOT_SLACK = 'not_slack';

/** Words that mean: this conversation is closed to us. */
const NO_ENTRY: ReadonlySet<string> = new Set([
  'channel_not_found',
  'is_archived',
  'messages_tab_disabled',
  'not_in_channel',
  'restricted_action',
  'restricted_action_non_threadable_channel',
  'restricted_action_read_only_channel',
  'restricted_action_thread_only_channel',
  'user_not_in_channel',
]);

/** Slack has said that it did not do it: there is nothing to look for. */
export function isRejected(error: unknown): boolean {
  return error instanceof ChatError && error.kind !== 'unavailable';
}

export function isBusy(error: unknown): error is ChatError {
  return error instanceof ChatError && error.kind === 'busy';
}

export function isNoEntry(error: unknown): error is ChatError {
  return isRefused(error) && NO_ENTRY.has(error.code);
}

/** Slack has said no, and says so again however often it is asked. */
export function isRefused(error: unknown): error is ChatError {
  return error instanceof ChatError && error.kind === 'refused';
}

/** What Slack says of tokens, whatever is asked with them. */
const OF_TOKENS =
  /^(not_authed|invalid_auth|account_inactive|token_(revoked|expired)|not_allowed_token_type|no_permission|org_login_required|user_removed_from_team|team_disabled|team_access_not_granted)$/;

/** Slack does not accept the token: every call ends so until there is another one. */
export function isOfToken(error: unknown): error is ChatError {
  return isRefused(error) && OF_TOKENS.test(error.code);
}

/** Slack does not like what the message is made of: our mistake, and its text may be taken still. */
export function isOfBlocks(error: unknown): boolean {
  return isRefused(error) && /block|msg_too_long|invalid_arguments/.test(error.code);
}

/** The message, or the thread it belongs into, was deleted. */
export function isDeleted(error: unknown): boolean {
  return error instanceof ChatError && /^(thread|message)_not_found$/.test(error.code);
}

/** Reading a conversation may not be granted to us; then we cannot know, and go on with null. */
export async function whereReadable<T>(find: () => Promise<T>): Promise<T | null> {
  try {
    return await find();
  } catch (error) {
    if (isRefused(error)) return null;
    throw error;
  }
}
