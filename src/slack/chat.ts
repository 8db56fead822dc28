/**
 * What we ask of Slack, and what can come of it, in few words. Nothing is sent twice from here:
 * callers know whether a message may be repeated, the client does not.
 */
import type { View } from '@slack/types';
import type { MessageReference } from '../domain/build.ts';
import type { Message } from './blocks.ts';

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

export function isNoEntry(error: unknown): error is ChatError {
  return error instanceof ChatError && error.kind === 'refused' && NO_ENTRY.has(error.code);
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
    if (error instanceof ChatError && error.kind === 'refused') return null;
    throw error;
  }
}

/** Calls a Web API method; rejects with a ChatError. */
export type Call = (
  method: string,
  args: Record<string, unknown>,
) => Promise<Record<string, unknown>>;

/** Hidden fields by which a message of ours is found again. */
export interface Mark {
  type: 'conda_ferry_notice' | 'conda_ferry_build';
  id: string;
}

export interface Chat {
  /** A message everybody in the channel sees. */
  post(
    place: { channel: string; thread: string | null },
    message: Message,
    mark: Mark | null,
  ): Promise<MessageReference>;
  /** A message only `user` sees. */
  whisper(
    place: { channel: string; thread: string | null; user: string },
    message: Message,
  ): Promise<void>;
  edit(reference: MessageReference, message: Message): Promise<void>;
  /** The channel of the direct conversation with `user`. */
  openDirect(user: string): Promise<string>;
  /** Address of a message; null when Slack does not give one. */
  permalink(reference: MessageReference): Promise<string | null>;
  /** The marked message of ours in the channel since `since` (milliseconds), or null. */
  findInChannel(channel: string, mark: Mark, since: number): Promise<MessageReference | null>;
  /** The thread a message stands in or starts, and the marked reply of ours in it. */
  findInThread(
    reference: MessageReference,
    mark: Mark,
  ): Promise<{ thread: string; found: MessageReference | null }>;
  /** The messages of a thread from its first one on, those before `before` (a ts), at most `limit`. */
  readThread(reference: MessageReference, before: string, limit: number): Promise<SaidMessage[]>;
  openView(trigger: string, view: View): Promise<string>;
  updateView(id: string, view: View): Promise<void>;
  publishHome(user: string, view: View): Promise<void>;
  /** Text of a file that people shared, at most `limit` bytes from its end. */
  readFile(id: string, limit: number): Promise<string>;
}

/** A message of a conversation as Slack lists it; nothing of it is checked yet. */
export type SaidMessage = Record<string, unknown>;

/** Reads at most `limit` bytes from the end of a file's private address. */
export type Download = (url: string, limit: number) => Promise<string>;

export function createChat(call: Call, download: Download): Chat {
  const posted = (channel: string, answer: Record<string, unknown>): MessageReference => ({
    channel: String(answer.channel ?? channel),
    ts: String(answer.ts),
  });
  return {
    async post({ channel, thread }, message, mark) {
      const answer = await call('chat.postMessage', {
        channel,
        ...message,
        ...(thread ? { thread_ts: thread } : {}),
        ...(mark ? { metadata: metadataOf(mark) } : {}),
        unfurl_links: false,
        unfurl_media: false,
      });
      return posted(channel, answer);
    },
    async whisper({ channel, thread, user }, message) {
      await call('chat.postEphemeral', {
        channel,
        user,
        ...message,
        ...(thread ? { thread_ts: thread } : {}),
      });
    },
    async edit({ channel, ts }, message) {
      await call('chat.update', { channel, ts, ...message });
    },
    async openDirect(user) {
      const answer = await call('conversations.open', { users: user });
      return String(fieldsOf(answer.channel).id);
    },
    async permalink({ channel, ts }) {
      try {
        const answer = await call('chat.getPermalink', { channel, message_ts: ts });
        return typeof answer.permalink === 'string' ? answer.permalink : null;
      } catch (error) {
        if (error instanceof ChatError) return null;
        throw error;
      }
    },
    async findInChannel(channel, mark, since) {
      const answer = await call('conversations.history', {
        channel,
        oldest: (since / 1000).toFixed(6),
        limit: 200,
        include_all_metadata: true,
      });
      return findMarked(channel, messagesOf(answer), mark);
    },
    async findInThread({ channel, ts }, mark) {
      const answer = await call('conversations.replies', {
        channel,
        ts,
        limit: 200,
        include_all_metadata: true,
      });
      const messages = messagesOf(answer);
      const thread = messages.find((message) => message.ts === ts)?.thread_ts ?? ts;
      return { thread: String(thread), found: findMarked(channel, messages, mark) };
    },
    async readThread({ channel, ts }, before, limit) {
      const answer = await call('conversations.replies', {
        channel,
        ts,
        limit,
        latest: before,
        inclusive: false,
      });
      return messagesOf(answer).filter((message) => message.ts !== before);
    },
    async openView(trigger, view) {
      const answer = await call('views.open', { trigger_id: trigger, view });
      return String(fieldsOf(answer.view).id);
    },
    async updateView(id, view) {
      await call('views.update', { view_id: id, view });
    },
    async publishHome(user, view) {
      await call('views.publish', { user_id: user, view });
    },
    async readFile(id, limit) {
      const answer = await call('files.info', { file: id });
      const { url_private_download: address, url_private: other } = fieldsOf(answer.file);
      return download(String(address ?? other), limit);
    },
  };
}

function metadataOf(mark: Mark) {
  const key = mark.type === 'conda_ferry_notice' ? 'notice' : 'build';
  return { event_type: mark.type, event_payload: { [key]: mark.id } };
}

/** The fields of what should be an object; none of an answer is checked. */
function fieldsOf(value: unknown): Record<string, unknown> {
  return Object(value);
}

function messagesOf(answer: Record<string, unknown>): SaidMessage[] {
  return Array.isArray(answer.messages) ? answer.messages : [];
}

function findMarked(channel: string, messages: SaidMessage[], mark: Mark): MessageReference | null {
  const wanted = JSON.stringify(metadataOf(mark).event_payload);
  const found = messages.find((message) => {
    const { event_type: type, event_payload: payload } = fieldsOf(message.metadata);
    return type === mark.type && JSON.stringify(payload) === wanted;
  });
  return found ? { channel, ts: String(found.ts) } : null;
}
