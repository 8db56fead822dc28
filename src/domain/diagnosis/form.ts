import type { ClusterMode, Purpose, Tool } from '../invocation.ts';

/** How the failed job was started, as far as its log shows; null where it does not. */
export interface ShownForm {
  tool: Tool | null;
  mode: ClusterMode | null;
  purpose: Purpose | null;
  layout: 'global' | null;
}

const CLUSTER: readonly RegExp[] = [
  /--deploy-mode[ =]cluster\b/,
  /\bspark\.submit\.deployMode["']?[ =:,]+["']?cluster\b/,
  /\bdeployMode[ =:]+cluster\b/,
  // YARN's ApplicationMaster runs the driver in cluster mode only.
  /ApplicationMaster: Starting the user application in a separate Thread/,
  /\bApplicationMaster: Waiting for spark context initialization/,
  /\bApplicationMaster: User application exited with status/,
];
const CLIENT: readonly RegExp[] = [
  /--deploy-mode[ =]client\b/,
  /\bspark\.submit\.deployMode["']?[ =:,]+["']?client\b/,
  /\bdeployMode[ =:]+client\b/,
  // In client mode the ApplicationMaster only launches executors.
  /yarn\.ExecutorLauncher\b/,
];
const PYSPARK: readonly RegExp[] = [
  /\bpyspark-shell(?:-main)?\b/,
  /\/pyspark\/shell\.py\b/,
  /(?:^|[\s/])pyspark --/m,
  /SparkSession available as 'spark'/,
];
const SUBMIT: readonly RegExp[] = [/(?:^|[\s/"'])spark-submit(?:[\s"']|$)/m, /\bprimaryResource\b/];
const PURPOSES: readonly (readonly [Purpose, RegExp])[] = [
  ['connect', /SparkConnectGrpcException|pyspark[/.]sql[/.]connect\b|\bSparkConnectService\b/],
  ['livy', /\bLivyServer\b|\blivy\.(?:server|rsc|repl)\b|\/livy\/|\blivy-session-\d/i],
  ['jupyter', /\bipykernel(?:_launcher)?[/. ]|<ipython-input-\d|\bCell In\[\d|\bIn \[\d+\]/],
];

/** What a log shows of how its job was started. */
export function formIn(text: string): ShownForm {
  const shows = (patterns: readonly RegExp[]) => patterns.some((pattern) => pattern.test(text));
  const purpose = PURPOSES.find(([, pattern]) => pattern.test(text))?.[0] ?? null;
  const mode = shows(CLUSTER) ? 'cluster' : shows(CLIENT) ? 'client' : null;
  const isShell = shows(PYSPARK);
  return {
    purpose,
    mode,
    layout: /(?:^|[\s"'=:(/])MYGLOBALENV\//m.test(text) ? 'global' : null,
    // A shell names itself `pyspark-shell` to the spark-submit that starts it.
    tool: isShell && mode !== 'cluster' ? 'pyspark' : shows(SUBMIT) || mode ? 'spark-submit' : null,
  };
}
