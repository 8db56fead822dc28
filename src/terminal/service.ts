import { requireConfigFile } from '../config/find.ts';
import { loadConfig } from '../config.ts';
import { type Foundation, layFoundation } from '../foundation.ts';
import { CONFIG_OPTION, readArguments, untilStopped } from './command.ts';

export const SERVICE_OPTIONS = { config: CONFIG_OPTION } as const;

type Start = (foundation: Foundation) => Promise<{ close(): Promise<void> }>;

/** Runs services until SIGINT or SIGTERM, then closes them in the opposite order. */
export async function runService(
  words: readonly string[],
  usage: string,
  starts: readonly Start[],
): Promise<number> {
  const { values } = readArguments(words, SERVICE_OPTIONS, usage);
  const file = await requireConfigFile(values.config, process.env);
  const foundation = await layFoundation(await loadConfig({ file, environment: process.env }));
  const stopped = untilStopped();
  const running: { close(): Promise<void> }[] = [];
  try {
    for (const start of starts) running.push(await start(foundation));
    foundation.log.info({ signal: await stopped }, 'stopping');
  } finally {
    for (const service of running.reverse()) await service.close();
    await foundation.stop();
  }
  return 0;
}
