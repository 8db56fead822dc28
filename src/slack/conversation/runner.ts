/** What a text does: it is run, or looked at with nothing done. */
import {
  type Command,
  type CommandContext,
  describeCommand,
  type PackagesFile,
} from '../../../commands/command.ts';
import { perform, review } from '../../../commands/execute.ts';
import { type Parsed, parseCommand } from '../../../commands/grammar/parse.ts';
import type { FerryError } from '../../domain/errors.ts';
import { type Meters, NO_METERS } from '../../domain/metrics.ts';
import type { Refusal, Reply } from '../../domain/reply.ts';
import type { Services } from '../../domain/services.ts';
import { NO_SPANS, type Span } from '../../domain/spans.ts';
import type { Chat } from '../chat.ts';
import type { Log } from '../log.ts';
import { isDirect, type Place } from '../place.ts';
import { attempt, withStoreSentence } from './attempt.ts';
import { titleOf } from './titles.ts';

export interface RunnerOptions {
  commands: readonly Command[];
  services: Services;
  chat: Chat;
  log: Log;
  /** Left out: nothing is measured. */
  meters?: Meters;
  span?: Span;
}

export interface Runner {
  /** Runs a text without answering; `tell` says a word to who waits for it. */
  run(text: string, place: Place, tell?: CommandContext['tell']): Promise<Reply>;
  /** Does `work`; what it throws becomes a refusal, and a defect a number to quote. */
  attempt<Result>(work: () => Promise<Result>): Promise<Result | Refusal>;
  /** What is wrong with a text, with nothing done; null also when that cannot be told. */
  review(text: string, place: Asking): Promise<FerryError | null>;
  /** The title of the answer to a command that only reads; null for any other text. */
  titleOf(text: string): string | null;
  /** Whether the text is a command that changes nothing, so that it can be said again. */
  reads(text: string): boolean;
  /** Whether the answers to the command are for who asks alone. */
  isPrivate(text: string): boolean;
  /** Whether the text is no more than the command that has a form. */
  asksForForm(text: string): boolean;
}

/** Who asks, and where. */
type Asking = Pick<Place, 'user' | 'channel' | 'team'> &
  Partial<Pick<Place, 'thread' | 'file' | 'logs' | 'way'>>;

export function createRunner({ commands, services, chat, log, ...rest }: RunnerOptions): Runner {
  const { meters = NO_METERS, span = NO_SPANS } = rest;
  const helps = commands.map(describeCommand);
  const creating = commands.find((command) => command.name === 'create');
  const formWords = new Set(creating ? [creating.name, ...creating.aliases] : []);
  const context = ({
    user,
    channel,
    team,
    thread = null,
    way,
    file = null,
    logs = [],
  }: Asking): CommandContext => ({
    ...{ user, channel, team, thread, file, logs, services },
    mayTellHere: isChannel(channel) ? () => chat.isMember(channel) : undefined,
    ...(way ? { way } : {}),
    commands: helps,
  });

  /** A text is looked at several times on its way, and what is pasted may be long. */
  let last: { text: string; file: PackagesFile | null; parsed: Parsed } | null = null;
  function parse(text: string, file: PackagesFile | null = null): Parsed {
    if (last?.text !== text || last.file !== file)
      last = { text, file, parsed: parseCommand(text, commands, services.settings, file) };
    return last.parsed;
  }

  return {
    async run(text, place, tell) {
      const begunAt = performance.now();
      let command = 'none';
      const reply = await attempt(async () => {
        const parsed = parse(text, place.file);
        if (parsed.kind !== 'empty') command = parsed.command?.name ?? command;
        const answer = await span(`command ${command}`, {}, () =>
          perform(parsed, text, commands, { ...context(place), tell }),
        );
        return answer.kind === 'refusal' ? withStoreSentence(answer) : answer;
      }, log);
      const labels = { command, outcome: outcomeOf(reply) };
      const seconds = (performance.now() - begunAt) / 1000;
      meters.observe('conda_ferry_command_seconds', labels, seconds);
      return reply;
    },
    attempt: (work) => attempt(work, log),
    review: (text, place) =>
      review(text, commands, context(place)).catch((error: unknown) => {
        // What is wrong here is wrong again when the text is said, and told then.
        log.warn({ error: String(error) }, 'a text could not be reviewed');
        return null;
      }),
    titleOf(text) {
      const parsed = parse(text);
      return titleOf(parsed.kind === 'command' ? parsed.command.name : null);
    },
    reads(text) {
      const parsed = parse(text);
      return parsed.kind === 'command' && parsed.command.reads(parsed.arguments);
    },
    isPrivate(text) {
      const parsed = parse(text);
      return parsed.kind !== 'empty' && parsed.command?.isPrivate === true;
    },
    asksForForm: (text) => formWords.has(text.trim().toLowerCase()),
  };
}

function outcomeOf(reply: Reply): 'done' | 'refused' | 'defect' {
  if (reply.kind !== 'refusal') return 'done';
  return reply.error.code === 'defect' ? 'defect' : 'refused';
}

/** Where more than the two of us read what is written. */
function isChannel(channel: string): boolean {
  return channel !== '' && !isDirect(channel);
}
