/** Messages of ours: posted, edited, addressed. */
import type { MessageReference } from '../../domain/build.ts';
import type { Message } from '../blocks.ts';
import { type Call, fieldsOf } from './call.ts';
import { ChatError } from './error.ts';

/** Hidden fields by which a message of ours is found again. */
export interface Mark {
  type: 'conda_ferry_notice' | 'conda_ferry_build';
  id: string;
}

export interface Messages {
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
}

export function createMessages(call: Call): Messages {
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
      return { channel: String(answer.channel ?? channel), ts: String(answer.ts) };
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
  };
}

/** What a mark is in the metadata of a message. */
export function metadataOf(mark: Mark) {
  const key = mark.type === 'conda_ferry_notice' ? 'notice' : 'build';
  return { event_type: mark.type, event_payload: { [key]: mark.id } };
}
