/** conversations.*: channels, direct conversations, history. */
import { isTrue, type JsonObject, stringOr } from '../json.ts';
import { ApiError, type Slack } from '../slack.ts';
import { channelObject, messageObject } from '../wire.ts';
import type { Channel, Message } from '../workspace.ts';
import { type Methods, page, required, requireScope } from './method.ts';

/** A channel the app can know of: private ones only from inside. Throws `channel_not_found`. */
export function reachableChannel({ workspace }: Slack, id: string): Channel {
  const channel = workspace.findChannel(id);
  const known =
    channel && (channel.kind === 'public' || channel.members.includes(workspace.bot.id));
  if (!known) throw new ApiError('channel_not_found');
  return channel;
}

/** A channel the app may write to; a user id means the direct conversation. Throws `not_in_channel`. */
export function writableChannel(slack: Slack, id: string): Channel {
  const { workspace } = slack;
  const user = workspace.users.find((candidate) => candidate.id === id);
  const channel = user ? workspace.directChannel(user) : reachableChannel(slack, id);
  const open = channel.kind === 'public' && slack.scopes.has('chat:write.public');
  if (!channel.members.includes(workspace.bot.id) && !open) throw new ApiError('not_in_channel');
  return channel;
}

const HISTORY_OF: Record<Channel['kind'], string> = {
  public: 'channels:history',
  private: 'groups:history',
  im: 'im:history',
};

/** A channel whose messages the app may read: every kind of channel has a scope of its own. */
function readableChannel(slack: Slack, args: JsonObject): Channel {
  const channel = reachableChannel(slack, required(args, 'channel'));
  requireScope(slack, [HISTORY_OF[channel.kind]]);
  if (!channel.members.includes(slack.workspace.bot.id)) throw new ApiError('not_in_channel');
  return channel;
}

function inRange(args: JsonObject): (message: Message) => boolean {
  const oldest = Number(args.oldest ?? 0);
  const latest = Number(args.latest ?? Number.POSITIVE_INFINITY);
  const inclusive = isTrue(args.inclusive);
  return ({ ts }) => {
    const at = Number(ts);
    return inclusive ? at >= oldest && at <= latest : at > oldest && at < latest;
  };
}

function history(messages: Message[], args: JsonObject, slack: Slack): JsonObject {
  const { items, response_metadata } = page(messages.filter(inRange(args)), args, 100);
  const metadata = isTrue(args.include_all_metadata);
  return {
    messages: items.map((message) =>
      messageObject(slack.workspace, slack.baseUrl(), message, { metadata }),
    ),
    has_more: response_metadata.next_cursor !== '',
    response_metadata,
  };
}

const READ = ['channels:read', 'groups:read', 'im:read', 'mpim:read'];
const HISTORY = ['channels:history', 'groups:history', 'im:history', 'mpim:history'];
const KINDS: Record<string, Channel['kind']> = {
  public_channel: 'public',
  private_channel: 'private',
  im: 'im',
};

export const conversations: Methods = {
  'conversations.list': {
    scopes: READ,
    run: (args, slack) => {
      const { workspace } = slack;
      const kinds = stringOr(args.types, 'public_channel')
        .split(',')
        .map((word) => KINDS[word.trim()]);
      const known = workspace.channels.filter(
        ({ kind, members }) =>
          kinds.includes(kind) && (kind === 'public' || members.includes(workspace.bot.id)),
      );
      const { items, response_metadata } = page(known, args, 100);
      return {
        channels: items.map((channel) => channelObject(workspace, channel)),
        response_metadata,
      };
    },
  },
  'conversations.info': {
    scopes: READ,
    run: (args, slack) => ({
      channel: channelObject(slack.workspace, reachableChannel(slack, required(args, 'channel'))),
    }),
  },
  'conversations.members': {
    scopes: READ,
    run: (args, slack) => {
      const channel = reachableChannel(slack, required(args, 'channel'));
      const { items, response_metadata } = page(channel.members, args, 100);
      return { members: items, response_metadata };
    },
  },
  'conversations.open': {
    scopes: ['im:write', 'mpim:write'],
    run: (args, slack) => {
      const { workspace } = slack;
      const users = stringOr(args.users, '').split(',').filter(Boolean);
      if (users.length === 0 && typeof args.channel !== 'string')
        throw new ApiError('users_list_not_supplied');
      if (users.length > 1) throw new ApiError('method_not_supported_for_channel_type');
      const user = workspace.users.find(({ id }) => id === users[0]);
      if (users.length === 1 && !user) throw new ApiError('user_not_found');
      const channel = user
        ? workspace.directChannel(user)
        : reachableChannel(slack, String(args.channel));
      if (channel.kind !== 'im') throw new ApiError('method_not_supported_for_channel_type');
      return {
        no_op: true,
        already_open: true,
        channel: isTrue(args.return_im) ? channelObject(workspace, channel) : { id: channel.id },
      };
    },
  },
  'conversations.join': {
    scopes: ['channels:join'],
    run: (args, slack) => {
      const { workspace } = slack;
      const channel = reachableChannel(slack, required(args, 'channel'));
      if (channel.kind !== 'public') throw new ApiError('method_not_supported_for_channel_type');
      if (!channel.members.includes(workspace.bot.id)) channel.members.push(workspace.bot.id);
      workspace.changed();
      return { channel: channelObject(workspace, channel) };
    },
  },
  'conversations.history': {
    scopes: HISTORY,
    run: (args, slack) => {
      const channel = readableChannel(slack, args);
      const top = slack.workspace.messages.filter(
        (message) =>
          message.channel === channel.id &&
          !message.ephemeral_to &&
          (!message.thread_ts || message.thread_ts === message.ts || message.reply_broadcast),
      );
      return history(top.reverse(), args, slack);
    },
  },
  'conversations.replies': {
    scopes: HISTORY,
    run: (args, slack) => {
      const channel = readableChannel(slack, args);
      const asked = slack.workspace.findMessage(channel.id, required(args, 'ts'));
      if (!asked) throw new ApiError('thread_not_found');
      const parent = slack.workspace.findMessage(channel.id, asked.thread_ts ?? asked.ts) ?? asked;
      return history([parent, ...slack.workspace.replies(channel.id, parent.ts)], args, slack);
    },
  },
};
