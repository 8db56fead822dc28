import type { Approval } from './approval.ts';
import type { AuditEntry } from './audit.ts';
import type { Block } from './block.ts';
import type { Build } from './build.ts';
import type { Compared, Side } from './comparison.ts';
import type { Finding } from './diagnosis.ts';
import type { Environment, LineForm, Revision, Staging, Verification } from './environment.ts';
import { type ErrorKind, type FerryError, partsOf, type Repair } from './errors.ts';
import type { Outlook } from './estimate.ts';
import type { Freeze } from './freeze.ts';
import type { LockFile } from './lock-file.ts';
import type { Operations } from './operations.ts';
import type { Outline } from './outline.ts';
import type { Phrase } from './phrase.ts';
import type { Plan } from './plan.ts';
import type { BuildRequest } from './request.ts';
import type { SearchResult } from './search.ts';
import type { Leaving, Left } from './services/letting-go.ts';
import type { Affected } from './services/rebuilds.ts';
import type { Moved } from './services/tags.ts';
import type { Spec } from './spec.ts';
import type { Subscription } from './subscription.ts';

/**
 * What a command answers: one view model per kind of answer, which `src/answers` puts into words.
 * Nothing here knows Slack.
 */
export type Reply =
  /**
   * A build: for the channel its live message, posted once, then edited in place; for who asked a
   * copy, which stays as it is. `outlook`: what is to be expected, where it is known.
   */
  | { kind: 'build'; build: Build; audience: Audience; outlook?: Outlook | null }
  /** Lines to paste for a revision. */
  | { kind: 'invocation'; environment: string; revision: number; lines: InvocationLine[] }
  /**
   * What a build would have. `whole`: with every package; `insists`: the name was given as one,
   * whatever it looks like. `id`: `apply ID` builds it, where it cannot be said in a command.
   */
  | {
      kind: 'plan';
      plan: Plan;
      whole: boolean;
      insists: boolean;
      id: string | null;
      /** Seconds that building it takes; null or left out where nothing tells. */
      seconds?: number | null;
    }
  /**
   * What was asked for is a revision that is there already, with a line for each edge asked for;
   * `means`: the one that the environment's name means.
   */
  | {
      kind: 'known';
      environment: string;
      revision: number;
      means: number;
      lines: InvocationLine[];
    }
  /** What an edit would change of the revision it begins with; `apply ID` builds it. */
  | { kind: 'edit'; plan: Plan; base: Revision; id: string }
  /** What one revision has that another one has not. */
  | { kind: 'revisions'; from: Revision; to: Revision }
  /** What a file has, or asks for, beside a revision or another file. */
  | { kind: 'comparison'; from: Side; to: Side; compared: Compared }
  | { kind: 'builds'; builds: Build[] }
  /** What an operator sees of all that runs. */
  | { kind: 'operations'; operations: Operations }
  /** `others`: how many are somebody else's, when only one's own were asked for; else null. */
  | {
      kind: 'environments';
      /** Those of the page; pages count from 1. */
      environments: Outline[];
      page: number;
      /** How many there are on all pages. */
      count: number;
      /** What was asked for, for the next page. */
      mine: boolean;
      all: boolean;
      others: number | null;
      /** How many were let go and are not among them. */
      letGo: number;
      reader: Reader;
    }
  | {
      kind: 'environment';
      environment: Environment;
      revision: Revision | null;
      building: Build | null;
      /** Whether who asks is told what comes of it. */
      isWatched: boolean;
      reader: Reader;
    }
  /** Who has packages that they should not have, and what becomes of each. */
  | { kind: 'affected'; specs: Spec[]; affected: Affected[] }
  /** Environments that are built by themselves, and what came of it. */
  | { kind: 'schedules'; environments: Outline[]; count: number }
  /** Who has packages that meet one of the specs; `page` counts from 1. */
  | ({ kind: 'search'; specs: Spec[]; all: boolean; page: number } & SearchResult)
  /** A file to keep; in a terminal it is all that is printed. */
  | { kind: 'file'; file: LockFile }
  /** A tag, or what the environment's name alone means, was moved. */
  | ({ kind: 'move' } & Moved)
  /**
   * `more`: the log has lines before these. `passedOver`: a newer build of the same name that did
   * nothing, when the name was asked for.
   */
  | {
      kind: 'log';
      build: Build;
      passedOver: Build | null;
      lines: string[];
      last: number;
      more: boolean;
    }
  /**
   * `own`: the person's environment the failed job was meant to run in, once it is known. Else
   * `choices` asks which one: a command for each, that gives this answer again for it.
   */
  | {
      kind: 'findings';
      findings: Finding[];
      own: OwnEnvironment | null;
      choices: Repair[];
      /** What the log names as ours and nobody knows. */
      unknown: string | null;
    }
  /** Builds that wait for approval; `user`: who reads it, and may take back their own. */
  | { kind: 'approvals'; approvals: Approval[]; user: string }
  /** What would be let go, before it is. */
  | ({ kind: 'leaving' } & Leaving)
  /** What was let go, and where bytes are still to be removed. */
  | ({ kind: 'left' } & Left)
  /** Edges on which nothing new is staged. */
  | { kind: 'freezes'; freezes: Freeze[] }
  /** What somebody hears of, and what the channel they ask in is told. */
  | { kind: 'subscriptions'; subscriptions: Subscription[] }
  /** Packages that nothing new is made with. */
  | { kind: 'blocks'; blocks: Block[] }
  /** Who did what, newest first. `more`: older entries fit; `format`: as a file for other programs. */
  | {
      kind: 'audit';
      entries: AuditEntry[];
      more: boolean;
      limit: number;
      format: 'json' | 'csv' | null;
    }
  /** `commands`: those the person may use. `all`: every one of them, not the first page alone. */
  | {
      kind: 'help';
      topic: CommandHelp | null;
      commands: CommandHelp[];
      all: boolean;
      command: string;
    }
  /** Nothing was typed: the few things most people want, each a press away. */
  | { kind: 'welcome' }
  /** Ask for the rest in a form; in a terminal this is a usage error. */
  | { kind: 'form'; form: 'create'; initial: Partial<BuildRequest> }
  /** A short answer: `Cancelling churn@3.` */
  | { kind: 'notice'; tone: 'information' | 'success'; text: Phrase }
  | { kind: 'refusal'; error: RefusalView };

export type Refusal = Extract<Reply, { kind: 'refusal' }>;

/** What a log shows, for whoever's job it was. */
export function generalFindings(
  findings: readonly Finding[],
): Extract<Reply, { kind: 'findings' }> {
  return { kind: 'findings', findings: [...findings], own: null, choices: [], unknown: null };
}

/** Who sees an answer in a channel: everyone, or who asked. */
export type Audience = 'channel' | 'requester';

/** Who reads an answer, so that it offers what they may do. */
export interface Reader {
  user: string;
  /** Commands that are for others. */
  withheld: readonly string[];
}

/** Live builds are for everyone, all else for who asked. */
export function audienceOf(reply: Reply): Audience {
  return reply.kind === 'build' ? reply.audience : 'requester';
}

/** An environment beside the log of a job that failed in it, or should have run in it. */
export interface OwnEnvironment {
  environment: string;
  owner: string;
  revision: number;
  /** The newest revision there is. */
  newest: number;
  /** How it is known: the log names it, the thread is of its build, it is the only one, or said. */
  by: 'log' | 'thread' | 'only' | 'said';
  /** Line of the log that names it, from 1; null when it does not. */
  logLine: number | null;
  /** What is to be known of it: an archive or a revision that is gone. */
  notes: string[];
  /** In the form the log shows the job was started in; null where none can be made. */
  line: InvocationLine | null;
  /** The command that gives the line. */
  lineCommand: string;
  /** Builds that would mend what was found, likeliest first. */
  repairs: Repair[];
}

/** A command line a person pastes, with where it holds. */
export interface InvocationLine {
  edge: string;
  tool: 'pyspark' | 'spark-submit';
  form: LineForm;
  /** `pyspark, client mode`, `Livy batch`… */
  title: string;
  /** Folder on the edge to run it in; null for any. */
  directory: string | null;
  text: string;
  /** The same in rows to read and paste: a long line is broken, a document is as it is. */
  rows: string;
  /** The same through the edge's program `run`, of the whole in one short line; null where it has none. */
  short: string | null;
  /** Language of a document that is not a command line: `json`, `python`, `conf`; null for a line. */
  language: string | null;
  warnings: string[];
  staging: Staging;
  verification: Verification | null;
}

/** Where help shows a command, by what people want then. */
export type CommandGroup = 'make' | 'use' | 'change' | 'share' | 'leave' | 'failure' | 'lookAfter';

/** What help says of a command; written beside its handler. */
export interface CommandHelp {
  name: string;
  group: CommandGroup;
  /** Shown by `help` alone; the others by `help all`. */
  onFirstPage: boolean;
  aliases: string[];
  summary: string;
  usage: string;
  examples: string[];
  whoCanUse: string;
  options: { flags: string; summary: string }[];
  /** Further sentences for `help NAME`. */
  notes: string[];
}

export interface RefusalView {
  code: string;
  kind: ErrorKind;
  message: Phrase;
  suggestion: Phrase | null;
  /** The typed text and the part that is wrong, when there is one. */
  typed: string | null;
  position: { start: number; end: number } | null;
  /** Commands that would go through instead, the likeliest first. */
  repairs: readonly Repair[];
  /** Further mistakes in the same text; absent where there is one. */
  others?: readonly RefusedThing[];
  /** Where `message` says several things: each by itself, with what to do about it. */
  parts?: readonly RefusedThing[];
}

/** One of several things that are wrong. */
export interface RefusedThing {
  message: Phrase;
  suggestion: Phrase | null;
}

export function refusal(error: FerryError, typed: string | null): Refusal {
  const { code, kind, said, position, repairs } = error;
  // The same words twice say no more than once.
  const messages = [error, ...error.others].map((each) => each.message);
  const others = error.others
    .filter((other, index) => messages.indexOf(other.message) === index + 1)
    .map((other) => other.said);
  const parts = error.parts.flatMap(partsOf).map((part) => part.said);
  return {
    kind: 'refusal',
    error: {
      ...{ code, kind, ...said, typed, position, repairs },
      ...(others.length > 0 ? { others } : {}),
      ...(parts.length > 1 ? { parts } : {}),
    },
  };
}
