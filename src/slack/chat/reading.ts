/** What stands in conversations: messages of ours by their marks, threads, files. */
import type { MessageReference } from '../../domain/build.ts';
import { type Download, DownloadError, type Wanted } from '../../domain/slack-files.ts';
import { type Call, fieldsOf } from './call.ts';
import { ChatError, whereReadable } from './error.ts';
import { type Mark, metadataOf } from './messages.ts';

/** A message of a conversation as Slack lists it; nothing of it is checked yet. */
export type SaidMessage = Record<string, unknown>;

export interface Reading {
  /** Whether we are in a channel: only there may we read. */
  isMember(channel: string): Promise<boolean>;
  /**
   * The marked message of ours in the channel since `since` (milliseconds), or null. The newest 2,000
   * messages are looked at.
   */
  findInChannel(channel: string, mark: Mark, since: number): Promise<MessageReference | null>;
  /** The thread a message stands in or starts, and the marked reply of ours among its first 2,000. */
  findInThread(
    reference: MessageReference,
    mark: Mark,
  ): Promise<{ thread: string; found: MessageReference | null }>;
  /** The messages of a thread from its first one on, those before `before` (a ts), at most `limit`. */
  readThread(reference: MessageReference, before: string, limit: number): Promise<SaidMessage[]>;
  /** Ids of the people in a user group. */
  membersOfGroup(id: string): Promise<string[]>;
  /** A file that people shared, at most so much of it. */
  readFile(id: string, wanted: Pick<Wanted, 'limit' | 'keep'>): Promise<Uint8Array>;
}

/** Slack gives at most so many at a time; who looks for a mark asks for this many times as many. */
const PAGE = 200;
const MOST_PAGES = 10;

export function createReading(call: Call, download: Download): Reading {
  /** A busy conversation comes in pages, and what we look for may be in the last of them. */
  async function* pagesOf(method: string, args: Record<string, unknown>) {
    let cursor = '';
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const answer = await call(method, {
        ...{ ...args, limit: PAGE, include_all_metadata: true },
        ...(cursor === '' ? {} : { cursor }),
      });
      yield messagesOf(answer);
      cursor = String(fieldsOf(answer.response_metadata).next_cursor ?? '');
      if (cursor === '') return;
    }
  }

  return {
    async isMember(channel) {
      const read = () => call('conversations.history', { channel, limit: 1 });
      return (await whereReadable(read)) !== null;
    },
    async findInChannel(channel, mark, since) {
      const oldest = (since / 1000).toFixed(6);
      for await (const messages of pagesOf('conversations.history', { channel, oldest })) {
        const found = findMarked(channel, messages, mark);
        if (found) return found;
      }
      return null;
    },
    async findInThread({ channel, ts }, mark) {
      let thread = ts;
      for await (const messages of pagesOf('conversations.replies', { channel, ts })) {
        thread = String(messages.find((message) => message.ts === ts)?.thread_ts ?? thread);
        const found = findMarked(channel, messages, mark);
        if (found) return { thread, found };
      }
      return { thread, found: null };
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
    async membersOfGroup(id) {
      const { users } = await call('usergroups.users.list', { usergroup: id });
      return Array.isArray(users) ? users.map(String) : [];
    },
    async readFile(id, wanted) {
      const answer = await call('files.info', { file: id });
      const { url_private_download: address, url_private: other } = fieldsOf(answer.file);
      return download(String(address ?? other), wanted).catch((error: unknown) => {
        if (!(error instanceof DownloadError)) throw error;
        const kind = error.reason === 'unavailable' ? 'unavailable' : 'refused';
        throw new ChatError(kind, `file_${error.reason}`, { cause: error });
      });
    },
  };
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
