/** chat.*: messages in channels, threads and direct conversations. */
import { messageContent, sentMessage } from '../content.ts';
import { isTrue, type JsonObject, stringOr } from '../json.ts';
import { ApiError, type Slack } from '../slack.ts';
import { messageObject } from '../wire.ts';
import type { Channel, Message } from '../workspace.ts';
import { reachableChannel, writableChannel } from './conversations.ts';
import { type Methods, required } from './method.ts';

/** `chat.update` refuses longer texts instead of cutting them. */
const UPDATE_TEXT_LIMIT = 4000;

/** Identity fields of a message the app writes. */
export const byTheApp = ({ workspace }: Slack): Pick<Message, 'user' | 'bot_id' | 'app_id'> => ({
  user: workspace.bot.id,
  bot_id: workspace.botId,
  app_id: workspace.appId,
});

/** The thread to answer in; the parent must be there (`thread_not_found`). */
function threadOf(
  args: JsonObject,
  channel: Channel,
  { workspace }: Slack,
): Pick<Message, 'thread_ts'> {
  const ts = stringOr(args.thread_ts, '');
  if (ts === '') return {};
  const parent = workspace.findMessage(channel.id, ts);
  if (!parent) throw new ApiError('thread_not_found');
  return { thread_ts: parent.thread_ts ?? ts };
}

const shown = (slack: Slack, message: Message): JsonObject =>
  messageObject(slack.workspace, slack.baseUrl(), message);

/** The app's own message at `channel` and `ts`, or `error`. */
export function ownMessage(args: JsonObject, slack: Slack, error: string): Message {
  const channel = reachableChannel(slack, required(args, 'channel'));
  const message = slack.workspace.findMessage(channel.id, required(args, 'ts'));
  if (!message) throw new ApiError('message_not_found');
  if (message.bot_id !== slack.workspace.botId) throw new ApiError(error);
  return message;
}

export const chat: Methods = {
  'chat.postMessage': {
    scopes: ['chat:write'],
    run: (args, slack) => {
      const channel = writableChannel(slack, required(args, 'channel'));
      const content = messageContent(args);
      const thread = threadOf(args, channel, slack);
      slack.record('message', sentMessage(args));
      const message = slack.workspace.add({
        channel: channel.id,
        ...byTheApp(slack),
        ...content,
        ...thread,
        ...(thread.thread_ts && isTrue(args.reply_broadcast) ? { reply_broadcast: true } : {}),
      });
      return { channel: channel.id, ts: message.ts, message: shown(slack, message) };
    },
  },
  'chat.update': {
    scopes: ['chat:write'],
    run: (args, slack) => {
      const message = ownMessage(args, slack, 'cant_update_message');
      if (message.streaming) throw new ApiError('streaming_state_conflict');
      const content = messageContent(args);
      if (content.text.length > UPDATE_TEXT_LIMIT) throw new ApiError('msg_too_long');
      slack.record('message', sentMessage(args));
      // Blocks stay only when neither blocks nor text is given (reference page of chat.update).
      if (args.blocks !== undefined || args.text !== undefined) delete message.blocks;
      if (args.attachments !== undefined) delete message.attachments;
      Object.assign(message, content);
      // Slack shows no "(edited)" on messages made of blocks.
      if (!message.blocks)
        message.edited = { user: slack.workspace.bot.id, ts: slack.workspace.nextTs() };
      slack.workspace.changed();
      return {
        channel: message.channel,
        ts: message.ts,
        text: message.text,
        message: shown(slack, message),
      };
    },
  },
  'chat.delete': {
    scopes: ['chat:write'],
    run: (args, slack) => {
      const message = ownMessage(args, slack, 'cant_delete_message');
      slack.workspace.remove(message);
      return { channel: message.channel, ts: message.ts };
    },
  },
  'chat.postEphemeral': {
    scopes: ['chat:write'],
    run: (args, slack) => {
      const channel = writableChannel(slack, required(args, 'channel'));
      const user = required(args, 'user');
      if (!channel.members.includes(user)) throw new ApiError('user_not_in_channel');
      const content = messageContent(args);
      const thread = threadOf(args, channel, slack);
      slack.record('message', sentMessage(args));
      const message = slack.workspace.add({
        channel: channel.id,
        ...byTheApp(slack),
        ...content,
        ...thread,
        ephemeral_to: user,
      });
      return { message_ts: message.ts };
    },
  },
  'chat.getPermalink': {
    scopes: [],
    run: (args, slack) => {
      const channel = reachableChannel(slack, required(args, 'channel'));
      const ts = required(args, 'message_ts');
      if (!slack.workspace.findMessage(channel.id, ts)) throw new ApiError('message_not_found');
      return { channel: channel.id, permalink: `${slack.baseUrl()}/#${channel.id}/${ts}` };
    },
  },
};
