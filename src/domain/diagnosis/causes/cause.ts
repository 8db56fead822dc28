import { InvocationRefusal, type InvocationRequest, invoke } from '../../invocation.ts';
import { type BuildRequest, createCommand } from '../../request.ts';
import type { FailureId, Mend, MissingModule } from '../finding.ts';
import { mendedRequest } from '../mend.ts';
import type { Versions } from '../versions.ts';

/** What is known when a finding is written. */
export interface Known {
  /** The environment, or `NAME`. */
  environment: string;
  /** The bot's command: `/conda-env`. */
  bot: string;
  request: InvocationRequest | null;
  /** What the environment was built from. */
  build: BuildRequest | null;
  /** What the evidence names: a path, a module, a symbol version. */
  subject: string | null;
  /** The lines that show it. */
  evidence: string;
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
  /** What to do. `{line}` is the line of the environment, whether it can be given here or not. */
  fix: string | ((known: Known) => string);
  command: (known: Known) => string;
  /** What the next revision needs to be otherwise, where a build can mend it. */
  mend?: Mend | ((known: Known) => Mend | null);
  /** Causes that explain the symptom of this one away when both are seen. */
  explainedBy: readonly FailureId[];
}

/** The right line for this staging, or how to ask for it. */
export function line(known: Known): string {
  return (
    ownLine(known.request) ??
    `${known.bot} run ${known.environment} ${known.request?.tool ?? 'spark-submit'}`
  );
}

/** The line of a staging that is known; null where none is, or none is right. */
export function ownLine(request: InvocationRequest | null): string | null {
  if (request === null) return null;
  try {
    return invoke(request).text;
  } catch (error) {
    // A line that is refused was never right: the person has to ask for another one.
    if (!(error instanceof InvocationRefusal)) throw error;
    return null;
  }
}

/** The build that is otherwise in this: of the known packages, or with `PACKAGES…` in their place. */
export const rebuild = (mend: Mend) => (known: Known) => {
  const project = mend.project === true ? ' --project REPOSITORY@REF' : '';
  if (known.build !== null) {
    return `${known.bot} ${createCommand(mendedRequest(known.build, mend))}${project}`;
  }
  const specs = (mend.specs ?? []).map((spec) => (/[<>|*]/.test(spec) ? ` "${spec}"` : ` ${spec}`));
  const format = mend.format === undefined ? '' : ` --format ${mend.format}`;
  return `${known.bot} create ${known.environment} PACKAGES…${specs.join('')}${format}${project}`;
};

/** The same packages again: what is not intact on the edge is staged once more. */
export const AGAIN: Mend = {};
export const AS_TAR_GZ: Mend = { format: 'tar.gz' };
export const WITH_PROJECT: Mend = { project: true };
