import { InvocationRefusal, type InvocationRequest, invoke } from '../../invocation.ts';
import type { FailureId, MissingModule } from '../finding.ts';
import type { Versions } from '../versions.ts';

/** What is known when a finding is written. */
export interface Known {
  /** The environment, or `NAME`. */
  environment: string;
  /** The bot's command: `/conda-env`. */
  bot: string;
  request: InvocationRequest | null;
  /** What the evidence names: a path, a module, a symbol version. */
  subject: string | null;
  /** Of Spark, Python and packages, as the log names them. */
  versions: Versions;
  /** The module that is missing, for the causes about modules. */
  missing: MissingModule | null;
}

export interface FailureCause {
  id: FailureId;
  title: string;
  /** Why it fails. `{subject}` is what the evidence names. */
  cause: string;
  fix: string | ((known: Known) => string);
  command: (known: Known) => string;
  /** Causes that explain the symptom of this one away when both are seen. */
  explainedBy: readonly FailureId[];
}

/** The right line for this staging, or how to ask for it. */
export function line(known: Known): string {
  if (known.request !== null) {
    try {
      return invoke(known.request).text;
    } catch (error) {
      // A line that is refused was never right: the person has to ask for another one.
      if (!(error instanceof InvocationRefusal)) throw error;
    }
  }
  return `${known.bot} run ${known.environment} ${known.request?.tool ?? 'spark-submit'}`;
}

export const rebuild = (options: string) => (known: Known) =>
  `${known.bot} create ${known.environment} ${options}`;
/** The same packages again: what is not intact on the edge is staged once more. */
export const stage = (known: Known) => `${known.bot} create ${known.environment} PACKAGES…`;
