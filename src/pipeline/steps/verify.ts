import { diagnose, FAILURE_CAUSES } from '../../domain/diagnosis.ts';
import type { Staging, Verification } from '../../domain/environment.ts';
import { type FerryError, outsideError } from '../../domain/errors.ts';
import type { Edge, Progress, RunResult } from '../../domain/ports.ts';
import { type Proof, readEvidence, readSmokeEvidence } from '../../domain/verification/evidence.ts';
import { type Stage, stageReached, withoutMarks } from '../../domain/verification/printed.ts';
import {
  type Deviation,
  explainSite,
  readSite,
  type SiteSetting,
  siteCommand,
  siteThatBreaks,
  siteThatWins,
} from '../../domain/verification/site.ts';
import {
  linkCommand,
  smokeCommand,
  type VerificationSubject,
  verificationCommand,
  verifiedForm,
} from '../../domain/verification.ts';
import type { BuildPorts } from '../context.ts';

/** What a Spark client says that could not reach its cluster at all: nothing was run. */
const NO_CLUSTER = new RegExp(
  [
    // org.apache.hadoop.net.NetUtils.wrapException, for the ResourceManager and the NameNode.
    'Call From \\S+ to \\S+ failed on [^:]{1,60}: \\S+',
    'Your endpoint configuration is wrong',
    'Connection refused',
    'Retrying connect to server: \\S+',
    'UnknownHostException: \\S+',
    'NoRouteToHostException',
    'ConnectTimeoutException',
    'All masters are unresponsive',
    'either HADOOP_CONF_DIR or YARN_CONF_DIR must be set',
  ].join('|'),
);
const SMOKE_SECONDS = 120;

/**
 * Runs the environment's own line on the cluster and returns the executors' evidence. A failed
 * proof is returned, not thrown: the caller decides what it means for the build. `tried` is what the
 * edge said of it before.
 */
export async function verifyStaging(
  ports: BuildPorts,
  edge: Edge,
  subject: VerificationSubject,
  progress: Progress,
  tried?: Proof,
): Promise<Verification> {
  const started = ports.clock.now();
  const settle = (result: Omit<Verification, 'edge' | 'at' | 'seconds'>): Verification => ({
    edge: edge.name,
    form: verifiedForm(subject.staging),
    at: ports.clock.now(),
    seconds: (ports.clock.now() - started) / 1000,
    ...result,
  });
  const unsuited = unsuitable(subject.staging);
  if (unsuited !== null) return settle(await smoke(edge, subject, unsuited, progress, tried));

  const { timeoutSeconds, executors } = ports.verification;
  const command = verificationCommand(subject, { executors, timeoutSeconds });
  progress.detail(`${edge.name}: running on the cluster`);
  progress.log(`$ ${command.command}`);
  const result = await edge.run({ ...command, directory: null, timeoutSeconds }, progress);
  const evidence = readEvidence(result.stdout, subject);
  if (evidence !== null) {
    progress.log(`${evidence.executors.length} of ${executors} executors asked for have answered`);
    const { deviation, traceback, ...proof } = evidence;
    const winner = deviation && (await winnerOnSite(edge, subject, deviation, progress));
    const known = traceback === null ? null : causeIn(traceback);
    const reason = [proof.reason, winner ?? known].filter(Boolean).join(' ') || null;
    if (traceback !== null) progress.log(traceback);
    return settle({ ...proof, reason });
  }
  const stage = stageReached(result.stdout);
  const silence =
    stage === null || stage === 'driver'
      ? NO_CLUSTER.exec(`${result.stderr}\n${result.stdout}`)
      : null;
  if (silence !== null) {
    const why = `the cluster did not answer: ${silence[0].slice(0, 200)}`;
    return settle(await smoke(edge, subject, why, progress, tried));
  }
  const hang = result.timedOut && stage === 'executors';
  const reason =
    (hang && (await linkedZip(edge, subject, progress))) || explain(result, stage, timeoutSeconds);
  // What ended without evidence may have ended because of what the site gave it.
  const { siteVariables = [] } = subject.staging.cluster;
  const breaking =
    result.code === null
      ? null
      : siteThatBreaks(await siteOf(edge, subject, progress), siteVariables);
  return settle({
    outcome: 'failed',
    // A known cause would blame the environment for what the site put in its place.
    reason: breaking
      ? `${explainSite(breaking, { side: 'driver' })} The run ended with: ${lastWords(result).slice(0, 300)}`
      : reason,
    npv: [],
    executors: [],
  });
}

/** A build whose environment does not do on the executors what it promises has failed. */
export function unproven(verification: Verification): FerryError {
  return outsideError({
    code: 'verification-failed',
    message: `The environment is staged on \`${verification.edge}\`, but it does not work on the executors: ${verification.reason}`,
    suggestion: 'Retry runs only this proof again; Logs has what Spark printed.',
    retryable: true,
  });
}

function unsuitable(staging: Staging): string | null {
  if (staging.cluster.spark === null) return 'there is no Spark on the edge node';
  return null;
}

/** What the edge says of itself, where its cluster does not answer. */
async function smoke(
  edge: Edge,
  subject: VerificationSubject,
  why: string,
  progress: Progress,
  tried?: Proof,
): Promise<Proof> {
  progress.detail(`${edge.name}: trying the interpreter on the edge, because ${why}`);
  const { outcome, reason, npv, executors } = tried ?? (await tryOnEdge(edge, subject, progress));
  return { outcome, npv, executors, reason: outcome === 'failed' ? reason : why };
}

/** What an edge says of a staging without its cluster, as it is kept. */
export async function tryStaging(
  { clock }: Pick<BuildPorts, 'clock'>,
  edge: Edge,
  subject: VerificationSubject,
  progress: Progress,
): Promise<Verification> {
  const began = clock.now();
  const proof = await tryOnEdge(edge, subject, progress);
  const at = clock.now();
  const form = verifiedForm(subject.staging);
  return { edge: edge.name, form, at, seconds: (at - began) / 1000, ...proof };
}

/** Whether the unpacked interpreter runs on the edge itself, with what was asked for. */
async function tryOnEdge(
  edge: Edge,
  subject: VerificationSubject,
  progress: Progress,
): Promise<Proof> {
  const command = smokeCommand(subject);
  const result = await edge.run(
    { ...command, directory: null, timeoutSeconds: SMOKE_SECONDS },
    progress,
  );
  const evidence = readSmokeEvidence(result.stdout);
  if (evidence !== null && evidence.reason === null) {
    return { ...evidence, outcome: 'smoke-tested' };
  }
  const reason = evidence?.reason ?? explain(result, null, SMOKE_SECONDS);
  return { outcome: 'failed', reason, npv: [], executors: [] };
}

/** Which file of the edge put another Python or package there, and what to do; null when none did. */
async function winnerOnSite(
  edge: Edge,
  subject: VerificationSubject,
  deviation: Deviation,
  progress: Progress,
): Promise<string | null> {
  const winner = siteThatWins(await siteOf(edge, subject, progress), deviation);
  return winner && explainSite(winner, deviation);
}

/** What the edge's own files decide about Python. */
async function siteOf(
  edge: Edge,
  subject: VerificationSubject,
  progress: Progress,
): Promise<SiteSetting[]> {
  const command = siteCommand(subject.staging.cluster.sparkHome);
  const { stdout } = await edge.run(
    { command, files: {}, directory: null, timeoutSeconds: SMOKE_SECONDS },
    progress,
  );
  return readSite(stdout);
}

/** Why Python does not answer when the archive is a zip that stores links; null when it is not. */
async function linkedZip(
  edge: Edge,
  subject: VerificationSubject,
  progress: Progress,
): Promise<string | null> {
  if (!subject.staging.archivePath.endsWith('.zip')) return null;
  const { stdout } = await edge.run(
    { ...linkCommand(subject), directory: null, timeoutSeconds: SMOKE_SECONDS },
    progress,
  );
  const links = stdout.split('\n').filter(Boolean);
  if (links.length === 0) return null;
  const { cause, fix } = FAILURE_CAUSES['zip-symlink-hang'];
  return `${cause} ${fix} Links in it: ${links.length}, such as \`${links[0]}\`.`;
}

/** What a run was waiting for when its time was up, by how far it had come. */
const WAITED_FOR: Readonly<Record<Stage | 'nothing', string>> = {
  nothing: "the driver's Python on the edge was not even started",
  driver: 'the cluster did not start the application, as when its queue is full',
  application: 'no executor registered, as when the nodes have no room',
  executors: 'the executors are there, but their Python does not answer',
  tables: 'a DataFrame that goes through pandas does not come back',
};

/** The likeliest known cause that a log shows, and what to do. */
function causeIn(log: string): string | null {
  const [finding] = diagnose(log);
  return finding ? `${finding.cause} ${finding.fix}` : null;
}

/** The best explanation there is: a known cause, else the time limit, else the last words. */
function explain(result: RunResult, stage: Stage | null, timeoutSeconds: number): string {
  const known = causeIn(`${result.stderr}\n${result.stdout}`);
  if (known !== null) return known;
  if (result.timedOut) {
    return `Spark gave no answer within ${timeoutSeconds} seconds: ${WAITED_FOR[stage ?? 'nothing']}.`;
  }
  if (result.code === null)
    return 'the connection to the edge was lost, so the outcome is unknown.';
  return `The run ended with code ${result.code}: ${lastWords(result).slice(0, 300)}`;
}

/** Of Java's stacks: `    at org.apache…`, `    ... 12 more`. They say where, and the line above them what. */
const FRAME = /^\s+(?:at \S|\.{3} \d+ )/;

/** Spark's PythonRunner sends what Python says on either stream to standard output. */
function lastWords(result: RunResult): string {
  const lines = `${result.stderr}\n${withoutMarks(result.stdout)}`.split('\n');
  return lines.findLast((text) => text.trim() !== '' && !FRAME.test(text)) ?? '';
}
