import type { Build } from './build.ts';
import type { Finding } from './diagnosis.ts';
import type { Environment, LineForm, Revision, Staging, Verification } from './environment.ts';
import type { FerryError, Repair } from './errors.ts';
import type { BuildRequest } from './request.ts';

/**
 * What a command answers: one view model per kind of answer, rendered to Block Kit by
 * `src/slack/blocks.ts` and to plain text by `src/slack/text.ts`. Nothing here knows Slack.
 */
export type Reply =
  /** The live message of a build: posted once, then edited in place. */
  | { kind: 'build'; build: Build; joined: boolean; lines: InvocationLine[] }
  /** Lines to paste for a revision. */
  | { kind: 'invocation'; environment: string; revision: number; lines: InvocationLine[] }
  | { kind: 'builds'; builds: Build[] }
  /** `others`: how many are somebody else's, when only one's own were asked for; else null. */
  | { kind: 'environments'; environments: Environment[]; others: number | null }
  | {
      kind: 'environment';
      environment: Environment;
      revision: Revision | null;
      building: Build | null;
    }
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
  | { kind: 'findings'; findings: Finding[] }
  | { kind: 'help'; topic: CommandHelp | null; commands: CommandHelp[]; command: string }
  /** Nothing was typed: the few things most people want, each a press away. */
  | { kind: 'welcome' }
  /** Ask for the rest in a form; in a terminal this is a usage error. */
  | { kind: 'form'; form: 'create'; initial: Partial<BuildRequest> }
  /** A short answer: `Cancelling churn@3.` */
  | { kind: 'notice'; tone: 'information' | 'success'; text: string }
  | { kind: 'refusal'; error: RefusalView };

/** Who sees an answer in a channel. Live builds are for everyone, most others for who asked. */
export function audience(reply: Reply): 'channel' | 'requester' {
  return reply.kind === 'build' && !reply.joined ? 'channel' : 'requester';
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
  /** Language of a document that is not a command line: `json`, `python`, `conf`; null for a line. */
  language: string | null;
  warnings: string[];
  staging: Staging;
  verification: Verification | null;
}

/** What help says of a command; written beside its handler. */
export interface CommandHelp {
  name: string;
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
  message: string;
  suggestion: string | null;
  /** The typed text and the part that is wrong, when there is one. */
  typed: string | null;
  position: { start: number; end: number } | null;
  /** Commands that would go through instead, the likeliest first. */
  repairs: readonly Repair[];
  /** Further mistakes in the same text; absent where there is one. */
  others?: readonly { message: string; suggestion: string | null }[];
}

export function refusal(error: FerryError, typed: string | null): Reply {
  const { code, message, suggestion, position, repairs } = error;
  const others = error.others.map((other) => ({
    message: other.message,
    suggestion: other.suggestion,
  }));
  return {
    kind: 'refusal',
    error: {
      ...{ code, message, suggestion, typed, position, repairs },
      ...(others.length > 0 ? { others } : {}),
    },
  };
}
