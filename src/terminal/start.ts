import { startBot } from '../bot.ts';
import { startWorker } from '../worker.ts';
import type { TerminalCommand } from './command.ts';
import { runService } from './service.ts';

const usage = 'conda-ferry start [--config FILE]';

export const command: TerminalCommand = {
  usage,
  summary: 'bot and worker in one process, with a Redis of its own unless REDIS_URL is set',
  run: (words) => runService(words, usage, [startWorker, startBot]),
};
