import { startBot } from '../bot.ts';
import { startWorker } from '../worker.ts';
import type { TerminalCommand } from './command.ts';
import { awaitRedis, runService, SERVICE_OPTIONS } from './service.ts';

export const command: TerminalCommand = {
  options: SERVICE_OPTIONS,
  run: (words, usage) =>
    runService(words, usage, [awaitRedis, (foundation) => startWorker(foundation), startBot]),
};
