/** api.test, auth.test, apps.connections.open, blocks.validate: about the app itself. */
import { messageFaults } from '../block-kit/surfaces.ts';
import { parsed } from '../content.ts';
import { ApiError, refusedBecause } from '../slack.ts';
import type { Methods } from './method.ts';

export const app: Methods = {
  'api.test': {
    scopes: [],
    token: 'none',
    run: ({ token: _token, ...args }) => {
      if (typeof args.error === 'string') throw new ApiError(args.error, { args });
      return { args };
    },
  },
  'auth.test': {
    scopes: [],
    run: (_args, { workspace, baseUrl }) => ({
      url: `${baseUrl()}/`,
      team: workspace.team.name,
      user: workspace.bot.name,
      team_id: workspace.team.id,
      user_id: workspace.bot.id,
      bot_id: workspace.botId,
      is_enterprise_install: false,
    }),
  },
  'apps.connections.open': {
    scopes: [],
    token: 'app',
    run: (_args, { socketMode, baseUrl }) => ({
      url: socketMode.newAddress(new URL(baseUrl()).host),
    }),
  },
  'blocks.validate': {
    scopes: [],
    run: (args) => {
      const faults = messageFaults(parsed(args.blocks, 'invalid_blocks_format'));
      if (faults.length > 0) throw refusedBecause('invalid_blocks', faults);
      return {};
    },
  },
};
