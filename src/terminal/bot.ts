import { startBot } from '../bot.ts';
import type { TerminalCommand } from './command.ts';
import { runService } from './service.ts';

const usage = 'conda-ferry bot [--config FILE]';

export const command: TerminalCommand = {
  usage,
  summary: 'only the bot, against a shared Redis',
  run: (words) => runService(words, usage, [startBot]),
};
