import type { Requester, Way } from '../src/domain/build.ts';
import type { FerryError } from '../src/domain/errors.ts';
import type { ClusterMode, Tool } from '../src/domain/invocation.ts';
import type { Lock } from '../src/domain/lock.ts';
import type { LockFormat } from '../src/domain/lock-file.ts';
import type { Phrase } from '../src/domain/phrase.ts';
import type { PipRequirement } from '../src/domain/pip.ts';
import type { Reference, Which } from '../src/domain/reference.ts';
import type { CommandGroup, CommandHelp, Reader, Reply } from '../src/domain/reply.ts';
import type { ArchiveFormat, Layout, Packer, ProjectReference } from '../src/domain/request.ts';
import type { Period } from '../src/domain/schedule.ts';
import type { Services } from '../src/domain/services.ts';
import type { Spec } from '../src/domain/spec.ts';
import type { Outcome } from '../src/domain/subscription.ts';
import type { ReadFile } from '../src/reading/apart.ts';
import type { ReadSettings } from '../src/reading/content.ts';

/** What a word of a command can mean; `commands/grammar/kinds.ts` has a parser for each. */
export interface KindTypes {
  environment: string;
  /** `churn`, `churn@2` or `churn:prod`. */
  revision: Reference;
  /** `2` or `prod`, of an environment that stands beside it. */
  which: Which;
  tag: string;
  lockFormat: LockFormat;
  /** A build id, an environment whose newest build is meant, or a revision. */
  build: string;
  /** The id of a kept plan. */
  plan: string;
  spec: Spec;
  /** As pip writes it: `requests>=2`. */
  requirement: PipRequirement;
  channel: string;
  edge: string;
  layout: Layout;
  format: ArchiveFormat | 'auto';
  packer: Packer;
  project: ProjectReference;
  tool: Tool;
  mode: ClusterMode;
  purpose: 'shell' | 'jupyter' | 'livy' | 'spark-defaults' | 'connect';
  conf: { key: string; value: string };
  count: number;
  /** All words up to the next option. */
  sentence: string;
  /** A person's id in Slack. */
  user: string;
  /** Milliseconds: `7d` is how long ago something may be. */
  age: number;
  export: 'json' | 'csv';
  period: Period | 'off';
  /** An environment, or whose. */
  watched: { environment: string; owner?: undefined } | { owner: string; environment?: undefined };
  outcome: Outcome;
  command: string;
  flag: true;
}
export type Kind = keyof KindTypes;

export interface Positional<K extends Kind = Kind> {
  kind: K;
  /** `required`: at least one; `many` collects the rest. */
  required?: boolean;
  many?: boolean;
  /** A word that may stand before it, and says nothing more: `as`. */
  after?: string;
  /** Options that give its value instead; then no plain word is taken for it. */
  givenBy?: readonly string[];
}

export interface Option<K extends Kind = Kind> {
  kind: K;
  /** Further spellings: `-c`. The long one is `--` and the key. */
  short?: string;
  many?: boolean;
  summary: string;
  /** What stands for the value in help: `NAME`. */
  value?: string;
}

export interface Grammar {
  positionals?: Record<string, Positional>;
  options?: Record<string, Option>;
  /** Words after a lone `--`, untouched: the user's application and its arguments. */
  rest?: boolean;
  /** A file of packages may stand for any of its words. */
  file?: boolean;
  /** Takes the whole text after the command's name as it is (a pasted traceback). */
  raw?: boolean;
}

/** Packages are among its words. */
export function takesSpecs({ positionals = {} }: Grammar): boolean {
  return Object.values(positionals).some(({ kind }) => kind === 'spec');
}

/** A whole request can be said: an environment with its packages. */
export function takesRequest(grammar: Grammar): boolean {
  return takesSpecs(grammar) && grammar.positionals?.environment !== undefined;
}

type Value<A extends { kind: Kind; many?: boolean; required?: boolean }> = A['many'] extends true
  ? KindTypes[A['kind']][]
  : A['required'] extends true
    ? KindTypes[A['kind']]
    : KindTypes[A['kind']] | null;

type Values<R> =
  R extends Record<string, { kind: Kind }> ? { [P in keyof R]: Value<R[P]> } : object;

/** The parsed arguments of a grammar: every name present, `null` or `[]` where nothing was typed. */
export type Arguments<G extends Grammar> = Values<G['positionals']> & Values<G['options']> & Beside;

/** What every command has beside the arguments of its grammar. */
type Beside = {
  rest: string[];
  raw: string;
  /** The packages that a file names by their addresses; null where none is given, or not all are. */
  lock: Lock | null;
  /** The file of packages that came along, for a command whose grammar takes one as it is. */
  file: PackagesFile | null;
};

/** Arguments of a text with mistakes in it: a wrong word is null, or left out of its list. */
export type Incomplete<A> = {
  [P in keyof A]: P extends 'raw' | 'file'
    ? A[P]
    : A[P] extends readonly unknown[]
      ? A[P]
      : A[P] | null;
};

/** A file of packages that came with a text, whole: an `environment.yml`, a `requirements.txt`. */
export interface PackagesFile {
  /** As it was called; null for pasted text. */
  name: string | null;
  bytes: Uint8Array;
  /** What it asks for, where it was read before: see `readAhead`. */
  ahead?: { settings: ReadSettings; outcome: ReadFile };
}

/** Who typed, where, and what may be asked for. */
export interface CommandContext {
  user: string;
  channel: string;
  team: string | null;
  /** The thread it is asked in, by its first message; absent outside of threads. */
  thread?: string | null;
  /** By which way; absent where nobody says. */
  way?: Way;
  /** What is being done, in the words that it was said in. */
  said?: string;
  /** What was attached; commands that take packages take them from there. */
  file?: PackagesFile | null;
  /** Logs that came along, for `diagnose`: the words of a command are looked at more than once. */
  logs?: readonly Uint8Array[];
  services: Services;
  /** Whether everybody can be told something where it is asked; absent where there is no channel. */
  mayTellHere?: (() => Promise<boolean>) | undefined;
  /** Says a word to who waits, before there is an answer; absent where nobody would see it. */
  tell?: ((text: Phrase) => void) | undefined;
  /** Every command, for help. */
  commands: readonly CommandHelp[];
}

/** Who asks, where and how. */
export function requesterOf(
  context: Pick<CommandContext, 'user' | 'channel' | 'team' | 'thread' | 'way' | 'said'>,
): Requester {
  const { user, channel, team, thread, way, said } = context;
  return {
    ...{ user, channel, team },
    ...(thread ? { thread } : {}),
    ...(way ? { way } : {}),
    ...(said ? { said } : {}),
  };
}

/** Who reads the answer. While it cannot be known, all is offered: a refusal says more than nothing. */
export async function readerOf({
  user,
  services,
}: Pick<CommandContext, 'user' | 'services'>): Promise<Reader> {
  return services.standing({ user }).then(
    ({ withheld }) => ({ user, withheld: withheld.commands }),
    () => ({ user, withheld: [] }),
  );
}

/** What was typed of a command, before it is done: right words as values, wrong ones as mistakes. */
export interface Draft<A = ParsedArguments> {
  /** Complete when there are no mistakes; a wrong word is null, or left out of its list. */
  arguments: A;
  mistakes: readonly FerryError[];
  typed: string;
  /** The words that are no options. */
  words: readonly string[];
  /** The same with every wrong word mended; null where one cannot be. */
  repaired: Draft<A> | null;
}

/** One sub-command: what people can say, what help tells of it, and what it does. */
export interface Command {
  name: string;
  group: CommandGroup;
  /** Shown by `help` alone; the others by `help all`. */
  onFirstPage: boolean;
  aliases: readonly string[];
  summary: string;
  usage: string;
  examples: readonly string[];
  whoCanUse: string;
  notes: readonly string[];
  /** Its answers tell of people and their deeds: only who asks sees them, wherever it is asked. */
  isPrivate: boolean;
  grammar: Grammar;
  /** Whether it changes nothing, said so: then it may be said again, to show its answer to others. */
  reads(parsed: ParsedArguments): boolean;
  /**
   * Looks at all of it before it is done, and at what is right of it when words are wrong: the one
   * refusal that names every mistake, or null.
   */
  review: ((draft: Draft, context: CommandContext) => Promise<FerryError | null>) | null;
  /** Words that begin with no command, when this one may have been meant: what to say of it. */
  recognize:
    | ((words: readonly string[], context: CommandContext) => Promise<FerryError | null>)
    | null;
  /** Throws FerryError for the person; the answer is otherwise always a Reply. */
  run(parsed: ParsedArguments, context: CommandContext): Promise<Reply>;
}

/** Arguments whose grammar is not known here; `defineCommand` gives handlers the precise type. */
export type ParsedArguments = Record<string, unknown> & Beside;

export function defineCommand<const G extends Grammar>(definition: {
  name: string;
  group: CommandGroup;
  onFirstPage?: boolean;
  aliases?: readonly string[];
  summary: string;
  usage: string;
  examples: readonly string[];
  whoCanUse?: string;
  notes?: readonly string[];
  isPrivate?: boolean;
  args: G;
  reads?: true | ((args: Arguments<G>) => boolean);
  review?(
    draft: Draft<Incomplete<Arguments<G>>>,
    context: CommandContext,
  ): Promise<FerryError | null>;
  recognize?: Command['recognize'];
  run(args: Arguments<G>, context: CommandContext): Promise<Reply>;
}): Command {
  return {
    name: definition.name,
    group: definition.group,
    onFirstPage: definition.onFirstPage ?? false,
    aliases: definition.aliases ?? [],
    summary: definition.summary,
    usage: definition.usage,
    examples: definition.examples,
    whoCanUse: definition.whoCanUse ?? 'everyone',
    notes: definition.notes ?? [],
    isPrivate: definition.isPrivate ?? false,
    grammar: definition.args,
    // The parser fills exactly what the grammar names, so the precise types hold.
    review: (definition.review as Command['review'] | undefined) ?? null,
    recognize: definition.recognize ?? null,
    reads: (parsed) =>
      typeof definition.reads === 'function'
        ? definition.reads(parsed as Arguments<G>)
        : definition.reads === true,
    run: (parsed, context) => definition.run(parsed as Arguments<G>, context),
  };
}

export function describeCommand(command: Command): CommandHelp {
  return {
    name: command.name,
    group: command.group,
    onFirstPage: command.onFirstPage,
    aliases: [...command.aliases],
    summary: command.summary,
    usage: command.usage,
    examples: [...command.examples],
    whoCanUse: command.whoCanUse,
    options: Object.entries(command.grammar.options ?? {}).map(([name, option]) => ({
      flags:
        [option.short, `--${name}`].filter(Boolean).join(', ') +
        (option.value ? ` ${option.value}` : ''),
      summary: option.summary,
    })),
    notes: [...command.notes],
  };
}
