import { userInfo } from 'node:os';
import { execute } from '../../commands/execute.ts';
import { commandHelp, commands } from '../../commands/registry.ts';
import { linesOf, shortest } from '../answers/invocation.ts';
import { renderBeside, renderText } from '../answers/text.ts';
import { isSettled } from '../domain/build.ts';
import { linesForBuild } from '../domain/lines.ts';
import { type Phrase, plainPhrase } from '../domain/phrase.ts';
import type { Store } from '../domain/ports.ts';
import type { InvocationLine, Reply } from '../domain/reply.ts';
import { type Foundation, layFoundation, openServices } from '../foundation.ts';
import { decodeSlackText } from '../slack/decode.ts';
import { VERSION } from '../version.ts';
import {
  CONFIG_OPTION,
  JSON_OPTION,
  readArguments,
  readPackages,
  type TerminalCommand,
  writeJson,
} from './command.ts';
import { requireConfiguration } from './configuration.ts';
import { EXIT_NOTE, exitCodeOf } from './exit-code.ts';

const OPTIONS = {
  user: { type: 'string', default: 'terminal', value: 'U', says: 'who asks, by the id in Slack' },
  channel: { type: 'string', default: 'terminal', value: 'C', says: 'where, by the id in Slack' },
  file: {
    type: 'string',
    value: 'FILE',
    says: 'an environment.yml, a requirements.txt or the like, as if attached to the text',
  },
  wait: { type: 'boolean', says: 'make the build in this process and follow it to its end' },
  json: JSON_OPTION,
  config: CONFIG_OPTION,
} as const;

export const command: TerminalCommand = {
  options: OPTIONS,
  notes: () => [EXIT_NOTE],
  async run(words, usage) {
    const { values, positionals } = readArguments(words, OPTIONS, usage);
    const foundation = await layFoundation(await requireConfiguration(values.config), {
      quiet: true,
    });
    const { store, services, close } = openServices(foundation, userInfo().username);
    foundation.channels.warm();
    const { settings } = services;
    let worker: { close(): Promise<void> } | null = null;
    try {
      await store.requireFormat(VERSION);
      if (values.wait) worker = await startWorkerHere(foundation);
      const context = {
        user: values.user,
        channel: values.channel,
        team: null,
        way: 'terminal' as const,
        services,
        file: values.file === undefined ? null : await readPackages(values.file),
        commands: commandHelp,
        tell: (text: Phrase) => void process.stderr.write(`${plainPhrase(text)}\n`),
      };
      // A text may also be given as Slack sends it.
      const text = decodeSlackText(positionals.join(' '));
      const first = await execute(text, commands, context);
      const reply = values.wait && first.kind === 'build' ? await follow(first, store) : first;
      if (values.json) writeJson(printed(reply));
      else {
        process.stdout.write(`${renderText(reply, settings)}\n`);
        const beside = renderBeside(reply);
        if (beside !== null) process.stderr.write(`${beside}\n`);
      }
      return exitCodeOf(reply);
    } finally {
      await worker?.close();
      await close();
      await foundation.stop();
    }
  },
};

/** What `--json` prints: of a build also its lines, as they are shown everywhere else. */
export type PrintedReply =
  | Exclude<Reply, { kind: 'build' }>
  | (Extract<Reply, { kind: 'build' }> & { lines: InvocationLine[] });

function printed(reply: Reply): PrintedReply {
  return reply.kind === 'build' ? { ...reply, lines: linesForBuild(reply.build) } : reply;
}

/** Everything that builds is loaded only for a build. */
async function startWorkerHere(foundation: Foundation) {
  const { startWorker } = await import('../worker.ts');
  return startWorker(foundation, { warm: false });
}

/** Waits for the build's end, showing each step on standard error as it goes. */
export async function follow(reply: Reply & { kind: 'build' }, store: Store): Promise<Reply> {
  const shown = new Set<string>();
  const ended = Promise.withResolvers<void>();
  const say = (line: string) => {
    if (shown.has(line)) return;
    shown.add(line);
    process.stderr.write(`${line}\n`);
  };
  const look = async () => {
    const build = await store.readBuild(reply.build.id);
    for (const step of build?.steps ?? []) {
      const line = `${step.status === 'error' ? '✗' : '✓'} ${step.name}: ${step.detail ?? step.status}`;
      if (step.finishedAt !== null) say(line);
    }
    if (build !== null && !isSettled(build)) {
      for (const entry of linesOf(build).lines) say(`  ${shortest(entry)}`);
    }
    if (build === null || isSettled(build)) ended.resolve();
  };
  const stop = await store.watch((id) => {
    if (id === reply.build.id) look().catch(ended.reject);
  });
  try {
    await look();
    await ended.promise;
  } finally {
    await stop();
  }
  const build = (await store.readBuild(reply.build.id)) ?? reply.build;
  return { ...reply, build };
}
