import { type Build, triedStagings } from './build.ts';
import { type LineForm, revisionLabel, type Staging, type Verification } from './environment.ts';
import { userError } from './errors.ts';
import { isArchives } from './invocation/settings.ts';
import {
  type ClusterMode,
  InvocationRefusal,
  type InvocationRequest,
  invoke,
  type Purpose,
  type Tool,
} from './invocation.ts';
import type { InvocationLine } from './reply.ts';
import type { Layout } from './request.ts';
import { quote } from './shell.ts';
import { TAGS, withUseTag } from './use.ts';

/** How a person wants to run an environment; everything has a default. */
export interface LineOptions {
  tool?: Tool;
  mode?: ClusterMode;
  for?: Purpose;
  layout?: Layout;
  application?: string | null;
  arguments?: readonly string[];
  conf?: Readonly<Record<string, string>>;
}

/** One staging of a revision, and what is known to be in it. */
export interface StagedRevision {
  staging: Staging;
  /** Names of the packages in the lock; absent where nobody looked. */
  packages?: readonly string[];
}

/** The invocation request for one staging: the only place where a staging becomes one. */
export function invocationRequest(
  subject: StagedRevision,
  options: LineOptions = {},
): InvocationRequest {
  const { staging } = subject;
  const layout = options.layout ?? staging.layout;
  return {
    environment: staging.environment,
    revision: staging.revision,
    layout,
    alias: staging.aliases[layout],
    archive: { path: staging.archiveLink ?? staging.archivePath, hdfs: staging.hdfs },
    driverPrefix: staging.driverPrefix,
    root: staging.globalFolder ?? staging.root,
    cluster: staging.cluster,
    activation: staging.activation,
    variables: staging.variables ?? {},
    packages: subject.packages ?? null,
    ...options,
  };
}

/** One line to paste, or throws a FerryError with the reason why there cannot be one. */
export function lineFor(
  subject: StagedRevision,
  verification: Verification | null,
  options: LineOptions = {},
): InvocationLine {
  const request = invocationRequest(subject, options);
  try {
    const invocation = invoke(request);
    const short = shortLine(subject.staging, options);
    const isShell = (options.for ?? 'shell') === 'shell';
    return {
      edge: subject.staging.edge,
      tool: options.tool ?? 'pyspark',
      form: formOf(subject.staging, options),
      title: titleOf(options),
      directory:
        isShell && request.layout === 'global' && options.mode !== 'cluster'
          ? (invocation.directory ?? subject.staging.root)
          : null,
      short,
      text: invocation.text,
      rows: invocation.rows ?? invocation.text,
      language: isShell ? null : (invocation.format ?? null),
      warnings: invocation.warnings
        // The short line runs anywhere, and the whole one is shown after its `cd`.
        .filter(({ id }) => short === null || id !== 'working-directory')
        .map((warning) => warning.text),
      staging: subject.staging,
      verification,
    };
  } catch (error) {
    if (!(error instanceof InvocationRefusal)) throw error;
    const { code, message, suggestion } = error;
    throw userError({ code, message, suggestion });
  }
}

/**
 * What starts the same through the program `run` of the edge: `ROOT/run churn@2 pyspark`. Null for
 * a document, for another layout than the staged one, and where an older version staged it.
 */
function shortLine(staging: Staging, options: LineOptions): string | null {
  const { purpose, tool, mode, layout } = formOf(staging, options);
  if (purpose !== 'shell' || layout !== staging.layout || staging.archiveLink === null) return null;
  const settings = Object.entries(options.conf ?? {}).flatMap(([key, value]) =>
    isArchives(key)
      ? ['--archives', value]
      : // Given twice, the last one holds, and the launcher's comes first.
        ['--conf', `${key}=${key === TAGS ? withUseTag(value, staging) : value}`],
  );
  return [
    `${staging.root}/run`,
    revisionLabel(staging.environment, staging.revision),
    tool,
    ...(mode === 'cluster' ? ['--deploy-mode', mode] : []),
    ...settings,
    ...(options.application ? [options.application, ...(options.arguments ?? [])] : []),
  ]
    .map(quote)
    .join(' ');
}

/** The form these options ask for. */
export function formOf(staging: Pick<Staging, 'layout'>, options: LineOptions): LineForm {
  const purpose = options.for ?? 'shell';
  return {
    purpose,
    tool: options.tool ?? 'pyspark',
    // Livy starts its drivers in the cluster, whatever is asked for.
    mode: purpose === 'livy' ? 'cluster' : (options.mode ?? 'client'),
    layout: options.layout ?? staging.layout,
  };
}

/** The form that a verification ran; one that does not say ran the only form there was. */
export function formThatRan(
  verification: Verification,
  staging: Pick<Staging, 'layout'> | null,
): LineForm {
  return (
    verification.form ?? {
      ...{ purpose: 'shell', tool: 'spark-submit', mode: 'client' },
      layout: staging?.layout ?? 'local',
    }
  );
}

/**
 * Whether what ran is what is asked for. The two tools take the same settings, variables and
 * archive, so that one stands for the other; nothing else does.
 */
export function isSameForm(ran: LineForm, asked: LineForm): boolean {
  return ran.purpose === asked.purpose && ran.mode === asked.mode && ran.layout === asked.layout;
}

/** The lines a build answers with: pyspark and spark-submit, for every edge where they hold by now. */
export function linesForBuild(build: Build): InvocationLine[] {
  if (build.revision === null || build.letGo) return [];
  const stagings = build.state === 'ready' ? build.stagings : triedStagings(build);
  return stagings.flatMap((staging) => {
    const verification = latestVerification(build.verifications, staging.edge);
    return (['pyspark', 'spark-submit'] as const).map((tool) =>
      lineFor({ staging }, verification, { tool }),
    );
  });
}

/** The newest evidence from one edge's cluster. */
export function latestVerification(
  verifications: readonly Verification[],
  edge: string,
): Verification | null {
  return verifications.findLast((verification) => verification.edge === edge) ?? null;
}

/** Documents by name; null for a line, which is named by its tool and mode. */
export const DOCUMENT_NAMES: Readonly<Record<Purpose, string | null>> = {
  shell: null,
  jupyter: 'Jupyter kernel (kernel.json)',
  livy: 'Livy batch (POST /batches)',
  'spark-defaults': 'spark-defaults.conf',
  connect: 'Spark Connect',
};

function titleOf(options: LineOptions): string {
  const document = DOCUMENT_NAMES[options.for ?? 'shell'];
  return document ?? `${options.tool ?? 'pyspark'}, ${options.mode ?? 'client'} mode`;
}
