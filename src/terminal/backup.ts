import { stat } from 'node:fs/promises';
import { createStore } from '../adapters/redis/store.ts';
import { size } from '../domain/figures.ts';
import { layFoundation } from '../foundation.ts';
import { VERSION } from '../version.ts';
import { countsInWords, writeBackup } from './backup-file.ts';
import { whileShown } from './block.ts';
import {
  CONFIG_OPTION,
  interruptible,
  JSON_OPTION,
  readArguments,
  type TerminalCommand,
  usageError,
  writeJson,
} from './command.ts';
import { requireConfiguration } from './configuration.ts';

const OPTIONS = { json: JSON_OPTION, config: CONFIG_OPTION } as const;

export const command: TerminalCommand = {
  options: OPTIONS,
  notes: () => [
    'Bots and workers go on meanwhile. What is there under that name is replaced once the new file is whole. Only its owner may read it, as it says who asked for what; it holds no tokens or keys.',
    '`conda-ferry restore --from FILE` reads it; `conda-ferry restore` then brings back from the edges what came after it.',
  ],
  async run(words, usage) {
    const { values, positionals } = readArguments(words, OPTIONS, usage);
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0) throw usageError('Name one file to write.', usage);
    const config = await requireConfiguration(values.config);
    const foundation = await layFoundation(config, { quiet: true });
    const { connection, prefix } = foundation;
    const store = createStore({ connection, prefix, audit: config.audit });
    try {
      await store.requireFormat(VERSION);
      const { counts, left } = await interruptible((signal) =>
        whileShown(file, (tell) => writeBackup(store, file, store.clock.now(), signal, tell)),
      );
      const { size: bytes } = await stat(file);
      if (values.json) writeJson({ file, bytes, counts, left });
      else process.stdout.write(`${file}: ${countsInWords(counts)}, ${size(bytes)}\n`);
      for (const label of left) process.stderr.write(`! ${label} cannot be read: left out\n`);
      return left.length > 0 ? 2 : 0;
    } finally {
      await store.close();
      await foundation.stop();
    }
  },
};
