import { diagnose } from '../../domain/diagnosis.ts';
import type { Staging, Verification } from '../../domain/environment.ts';
import { type FerryError, outsideError } from '../../domain/errors.ts';
import type { Edge, Progress, RunResult } from '../../domain/ports.ts';
import {
  readEvidence,
  smokeCommand,
  type VerificationSubject,
  verificationCommand,
} from '../../domain/verification.ts';
import type { BuildPorts } from '../context.ts';

/** Lines of a Spark client that could not reach its cluster at all: nothing was run. */
const NO_CLUSTER =
  /Retrying connect to server|Connection refused.*(?:ResourceManager|:80[0-9]{2})|UnknownHostException|All masters are unresponsive/;

/**
 * Runs the environment's own line on the cluster and returns the executors' evidence. A failed
 * proof is returned, not thrown: the caller decides what it means for the build.
 */
export async function verifyStaging(
  ports: BuildPorts,
  edge: Edge,
  subject: VerificationSubject,
  progress: Progress,
): Promise<Verification> {
  const started = ports.clock.now();
  const settle = (result: Omit<Verification, 'edge' | 'at' | 'seconds'>): Verification => ({
    edge: edge.name,
    at: ports.clock.now(),
    seconds: (ports.clock.now() - started) / 1000,
    ...result,
  });
  const unsuited = unsuitable(subject.staging);
  if (unsuited !== null) return settle(await smoke(edge, subject, unsuited, progress));

  const { timeoutSeconds, executors } = ports.verification;
  const command = verificationCommand(subject, executors);
  progress.detail(`${edge.name}: running on the cluster`);
  progress.log(`$ ${command.command}`);
  const result = await edge.run({ ...command, directory: null, timeoutSeconds }, progress);
  const evidence = readEvidence(result.stdout, subject);
  if (evidence !== null) return settle(evidence);
  if (NO_CLUSTER.test(result.stderr)) {
    return settle(await smoke(edge, subject, 'the cluster did not answer', progress));
  }
  return settle({
    outcome: 'failed',
    reason: explain(result, timeoutSeconds),
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

async function smoke(edge: Edge, subject: VerificationSubject, why: string, progress: Progress) {
  progress.detail(`${edge.name}: trying the interpreter on the edge, because ${why}`);
  const command = smokeCommand(subject);
  const result = await edge.run({ ...command, directory: null, timeoutSeconds: 120 }, progress);
  // On the edge itself numpy comes from the unpacked prefix, which is right there.
  const evidence = readEvidence(result.stdout, subject);
  const failed = evidence?.executors.flatMap((executor) => Object.entries(executor.failedImports));
  if (!evidence || (failed && failed.length > 0)) {
    const [name, reason] = failed?.[0] ?? [];
    return {
      outcome: 'failed' as const,
      reason: name ? `\`import ${name}\` fails on the edge: ${reason}` : explain(result, 120),
      npv: [],
      executors: [],
    };
  }
  return { ...evidence, outcome: 'smoke-tested' as const, reason: why };
}

/** The best explanation there is: a known cause, else the time limit, else the last words. */
function explain(result: RunResult, timeoutSeconds: number): string {
  const [finding] = diagnose(`${result.stderr}\n${result.stdout}`);
  if (finding) return `${finding.cause} ${finding.fix}`;
  if (result.timedOut) return `Spark gave no answer within ${timeoutSeconds} seconds.`;
  if (result.code === null)
    return 'the connection to the edge was lost, so the outcome is unknown.';
  const last = result.stderr.trim().split('\n').at(-1) ?? '';
  return `spark-submit ended with code ${result.code}: ${last.slice(0, 300)}`;
}
