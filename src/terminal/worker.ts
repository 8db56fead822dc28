import { startWorker } from '../worker.ts';
import type { TerminalCommand } from './command.ts';
import { runService } from './service.ts';

const usage = 'conda-ferry worker [--config FILE]';

export const command: TerminalCommand = {
  usage,
  summary: 'only a worker, against a shared Redis; start as many as you like',
  run: (words) => runService(words, usage, [startWorker]),
};
