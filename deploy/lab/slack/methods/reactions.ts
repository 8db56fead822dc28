/** reactions.*: emoji on messages. */
import type { JsonObject } from '../json.ts';
import { ApiError, type Slack } from '../slack.ts';
import type { Message } from '../workspace.ts';
import { reachableChannel } from './conversations.ts';
import { type Methods, required } from './method.ts';

function target(args: JsonObject, slack: Slack): { message: Message; name: string } {
  const channel = reachableChannel(slack, required(args, 'channel'));
  const message = slack.workspace.findMessage(channel.id, required(args, 'timestamp'));
  if (!message) throw new ApiError('message_not_found');
  return { message, name: required(args, 'name') };
}

export const reactions: Methods = {
  'reactions.add': {
    scopes: ['reactions:write'],
    run: (args, slack) => {
      const { message, name } = target(args, slack);
      if (!/^[a-z0-9_+'-]+(::skin-tone-[2-6])?$/.test(name)) throw new ApiError('invalid_name');
      const all = message.reactions ?? [];
      const found = all.find((reaction) => reaction.name === name);
      const bot = slack.workspace.bot.id;
      if (found?.users.includes(bot)) throw new ApiError('already_reacted');
      if (found) Object.assign(found, { count: found.count + 1, users: [...found.users, bot] });
      else all.push({ name, count: 1, users: [bot] });
      message.reactions = all;
      slack.workspace.changed();
      return {};
    },
  },
  'reactions.remove': {
    scopes: ['reactions:write'],
    run: (args, slack) => {
      const { message, name } = target(args, slack);
      const bot = slack.workspace.bot.id;
      const found = message.reactions?.find(
        (reaction) => reaction.name === name && reaction.users.includes(bot),
      );
      if (!found) throw new ApiError('no_reaction');
      found.users = found.users.filter((user) => user !== bot);
      found.count = found.users.length;
      message.reactions = message.reactions?.filter(({ count }) => count > 0) ?? [];
      slack.workspace.changed();
      return {};
    },
  },
};
