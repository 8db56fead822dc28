import { userInfo } from 'node:os';
import { execute } from '../../commands/execute.ts';
import { commandHelp, commands } from '../../commands/registry.ts';
import { describeLive } from '../answers/live.ts';
import { renderBeside, renderText, textOf } from '../answers/text.ts';
import { type Build, isSettled } from '../domain/build.ts';
import { platformOfBuild } from '../domain/edge-platforms.ts';
import { linesForBuild } from '../domain/lines.ts';
import { type Phrase, plainPhrase } from '../domain/phrase.ts';
import { takesWork } from '../domain/presence.ts';
import type { InvocationLine, Reply } from '../domain/reply.ts';
import type { Settings } from '../domain/services.ts';
import { type Foundation, layFoundation, openServices } from '../foundation.ts';
import { decodeSlackText } from '../slack/decode.ts';
import { VERSION } from '../version.ts';
import { isWatched, whileShown } from './block.ts';
import { styleOn } from './colour.ts';
import {
  CONFIG_OPTION,
  Interrupted,
  interruptible,
  JSON_OPTION,
  readArguments,
  readPackages,
  type TerminalCommand,
  untilAborted,
  writeJson,
} from './command.ts';
import { requireConfiguration } from './configuration.ts';
import { EXIT_NOTE, exitCodeOf, type Undone, undone } from './exit-code.ts';
import { type FollowPorts, follow } from './follow.ts';

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
    const { store, clock, services, close } = openServices(foundation, userInfo().username);
    foundation.channels.warm();
    const { settings } = services;
    let worker: { close(): Promise<void> } | null = null;
    let built: Build | null = null;
    const end = async () => {
      await worker?.close();
      worker = null;
    };
    try {
      const reply = await interruptible(async (signal) => {
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
        const first = await whileShown('Waiting for the answer', () =>
          untilAborted(execute(text, commands, context), signal),
        );
        if (!values.wait || first.kind !== 'build') return first;
        built = first.build;
        const { outlook } = services;
        return { ...first, build: await follow(first.build, { store, clock, outlook }, signal) };
      });
      if (values.json) writeJson(printed(reply));
      else {
        process.stdout.write(`${answerOf(reply, settings, built !== null)}\n`);
        const beside = renderBeside(reply);
        if (beside !== null) process.stderr.write(`${beside}\n`);
      }
      return exitCodeOf(reply);
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
      await whileShown('Stopping', end);
      throw error.leaving(
        built === null ? NOT_KNOWN : await whatGoesOn(built, { store, clock, settings }),
      );
    } finally {
      await end();
      await close();
      await foundation.stop();
    }
  },
};

/** Who has followed a build on the terminal that the answer goes to has its steps above, and what counts last. */
function answerOf(reply: Reply, settings: Settings, isFollowed: boolean): string {
  const style = styleOn(process.stdout);
  return isFollowed && reply.kind === 'build' && process.stdout.isTTY && isWatched()
    ? textOf(describeLive(reply.build, settings), style)
    : renderText(reply, settings, style);
}

const NOT_KNOWN =
  'before there was an answer. Whether anything was begun by then says `conda-ferry exec -- status`.';

/** What becomes of a build that nobody follows here any more, and how it is followed and stopped. */
async function whatGoesOn(
  { id, request: { environment } }: Build,
  { store, clock, settings }: Pick<FollowPorts, 'store' | 'clock'> & { settings: Settings },
): Promise<string> {
  const build = await store.readBuild(id);
  if (build === null || isSettled(build)) return `; the build of ${environment} has ended.`;
  const now = clock.now();
  const platform = platformOfBuild(build, settings);
  const workers = (await store.readPresences(now)).filter(
    (each) => each.platform === platform && takesWork(each, now),
  );
  const how =
    workers.length > 0
      ? `The build of ${environment} goes on, by the workers on ${[...new Set(workers.map(({ host }) => host))].join(', ')}.`
      : `The build of ${environment} waits for a worker, and goes on from the last finished step: start one with \`conda-ferry start\`, or say the same again with --wait.`;
  return `.\n${how}\n  to see how far it is:  \`conda-ferry exec -- 'status ${environment}'\`\n  to cancel it:          \`conda-ferry exec -- 'cancel ${environment}'\``;
}

/** What `--json` prints: of a build also its lines, and what is wrong, as they are shown everywhere else. */
export type PrintedReply = (
  | Exclude<Reply, { kind: 'build' }>
  | (Extract<Reply, { kind: 'build' }> & { lines: InvocationLine[] })
) & { error?: Undone };

function printed(reply: Reply): PrintedReply {
  const lines = reply.kind === 'build' ? { lines: linesForBuild(reply.build) } : {};
  const error = undone(reply);
  return { ...(error && { error }), ...reply, ...lines } as PrintedReply;
}

/** Everything that builds is loaded only for a build. */
async function startWorkerHere(foundation: Foundation) {
  const { startWorker } = await import('../worker.ts');
  return startWorker(foundation, { warm: false });
}
