/** Slack in memory, as far as notices go there: what stands where, found again by its mark. */
import type { Mark } from '../../src/slack/chat/messages.ts';
import type { Chat } from '../../src/slack/chat.ts';
import type { Gate } from './driving.ts';

export interface Posted {
  channel: string;
  /** Of the notice or build that it is about. */
  id: string;
  ts: string;
}

export class Conversations {
  readonly posted: Posted[] = [];

  chat(gate: Gate): Chat {
    const find = (wanted: Mark, channel: string) =>
      this.posted.find((each) => each.channel === channel && each.id === wanted.id) ?? null;
    const chat: Pick<
      Chat,
      'post' | 'edit' | 'openDirect' | 'permalink' | 'findInThread' | 'findInChannel'
    > = {
      post: ({ channel }, _message, mark) =>
        gate('post', () => {
          const posted = { channel, id: mark?.id ?? '', ts: `${this.posted.length}` };
          this.posted.push(posted);
          return posted;
        }),
      edit: async () => undefined,
      openDirect: async (user) => `D${user}`,
      permalink: async () => null,
      findInChannel: (channel, wanted) => gate('look for it', () => find(wanted, channel)),
      findInThread: ({ channel, ts }, wanted) =>
        gate('look for it', () => ({ found: find(wanted, channel), thread: ts })),
    };
    return chat as Chat;
  }
}
