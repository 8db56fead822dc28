import { setTimeout as pause } from 'node:timers/promises';
import { userError } from '../domain/errors.ts';
import { counted } from '../domain/figures.ts';
import { isPresent, PRESENCE_MS, type Presence, takesWork } from '../domain/presence.ts';
import { layFoundation, openServices } from '../foundation.ts';
import { VERSION } from '../version.ts';
import { whileShown } from './block.ts';
import {
  CONFIG_OPTION,
  JSON_OPTION,
  readArguments,
  type TerminalCommand,
  usageError,
  writeJson,
} from './command.ts';
import { requireConfiguration } from './configuration.ts';

const OPTIONS = {
  undo: { type: 'boolean', says: 'its workers take work again; those that have ended stay ended' },
  wait: { type: 'boolean', says: 'until each of them has finished and ended' },
  json: JSON_OPTION,
  config: CONFIG_OPTION,
} as const;

export const command: TerminalCommand = {
  options: OPTIONS,
  notes: () => [
    'A worker that drains finishes what it has begun, takes no more, and ends with 0. It hears of it within 5 s, wherever this is typed. SIGUSR2 does the same to one process. One that is started afterwards takes work.',
  ],
  async run(words, usage) {
    const { values, positionals } = readArguments(words, OPTIONS, usage);
    const [name, ...more] = positionals;
    if (name === undefined || more.length > 0) {
      throw usageError('Name one build host, or one worker as `HOST:PID`.', usage);
    }
    const config = await requireConfiguration(values.config);
    const foundation = await layFoundation(config, { quiet: true });
    const { store, clock, close } = openServices(foundation);
    try {
      await store.requireFormat(VERSION);
      const present = async () => {
        const all = await store.readPresences(clock.now());
        return all.filter((each) => isPresent(each, clock.now()));
      };
      const all = await present();
      const named = all.filter(({ host, id }) => [host, id].includes(name));
      if (named.length === 0) throw noWorker(name, all);
      if (values.undo) await store.unaskToDrain(name);
      else await store.askToDrain(name, clock.now());
      const others = all.filter((each) => !named.includes(each) && takesWork(each, clock.now()));
      const say = (text: string) => process.stderr.write(`${text}\n`);
      const ids = new Set(named.map(({ id }) => id));
      if (!values.undo) {
        for (const platform of platformsLeft(named, others)) {
          say(`Nobody else builds for ${platform}: what is asked for waits until somebody does.`);
        }
        say(`${counted(named.length, 'worker')} will finish ${jobsOf(named)}, and end.`);
      }
      if (values.wait && !values.undo) {
        const left = async () => (await present()).filter(({ id }) => ids.has(id));
        const wait = async (tell: (text: string) => void) => {
          for (let rest = await left(); rest.length > 0; rest = await left()) {
            tell(`${counted(rest.length, 'worker')} with ${jobsOf(rest)}`);
            await pause(PRESENCE_MS);
          }
        };
        await whileShown('Waiting for', wait, { isLogged: true });
      }
      const workers = [...ids].sort();
      if (values.json) writeJson({ workers, draining: !values.undo, ended: Boolean(values.wait) });
      else process.stdout.write(`${workers.join('\n')}\n`);
      return 0;
    } finally {
      await close();
      await foundation.stop();
    }
  },
};

const jobsOf = (workers: readonly Presence[]): string =>
  counted(workers.flatMap(({ work }) => work).length, 'job');

/** Platforms that nobody builds for once these have ended. */
function platformsLeft(ending: readonly Presence[], others: readonly Presence[]): string[] {
  const built = new Set<string>(others.map(({ platform }) => platform));
  return [...new Set(ending.map(({ platform }) => platform))].filter((each) => !built.has(each));
}

function noWorker(name: string, all: readonly Presence[]): Error {
  return userError({
    code: 'no-worker',
    message: `No worker runs on \`${name}\`.`,
    suggestion:
      all.length === 0
        ? 'No worker at all has told of itself within 15 s.'
        : `Workers are ${all.map(({ id }) => `\`${id}\``).join(', ')}.`,
  });
}
