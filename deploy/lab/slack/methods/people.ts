/** users.*, usergroups.*, bots.*: who is who. */
import { isTrue } from '../json.ts';
import { ApiError } from '../slack.ts';
import { botProfile, usergroupObject, userObject } from '../wire.ts';
import { type Methods, page, required } from './method.ts';

export const people: Methods = {
  'users.info': {
    scopes: ['users:read'],
    run: (args, { workspace }) => {
      const user = workspace.users.find(({ id }) => id === required(args, 'user'));
      if (!user) throw new ApiError('user_not_found');
      return { user: userObject(workspace, user) };
    },
  },
  'users.list': {
    scopes: ['users:read'],
    run: (args, { workspace }) => {
      const { items, response_metadata } = page(workspace.users, args, 200);
      return {
        members: items.map((user) => userObject(workspace, user)),
        cache_ts: Math.floor(workspace.now() / 1000),
        response_metadata,
      };
    },
  },
  'users.lookupByEmail': {
    scopes: ['users:read.email'],
    run: (args, { workspace }) => {
      const user = workspace.users.find(
        ({ email }) => email !== '' && email === required(args, 'email'),
      );
      if (!user) throw new ApiError('users_not_found');
      return { user: userObject(workspace, user) };
    },
  },
  'usergroups.list': {
    scopes: ['usergroups:read'],
    run: (args, { workspace }) => ({
      usergroups: workspace.usergroups.map((group) => {
        const { users, ...rest } = usergroupObject(workspace, group);
        return isTrue(args.include_users) ? { ...rest, users } : rest;
      }),
    }),
  },
  'usergroups.users.list': {
    scopes: ['usergroups:read'],
    run: (args, { workspace }) => {
      const group = workspace.usergroups.find(({ id }) => id === required(args, 'usergroup'));
      if (!group) throw new ApiError('no_such_subteam');
      return { users: group.users };
    },
  },
  'bots.info': {
    scopes: ['users:read'],
    run: (args, { workspace }) => {
      if (args.bot !== undefined && args.bot !== workspace.botId)
        throw new ApiError('bot_not_found');
      return { bot: { ...botProfile(workspace), user_id: workspace.bot.id } };
    },
  },
};
