/**
 * What a proof takes on the lab's cluster: a line of an environment with numpy and pandas, asked again and
 * again, by this tree and by another one in turns. Whose the seconds were is what the driver says; one of
 * an older tree does not. On two processors Spark's many processes want both: only the ratio within a pair
 * means something, and what is done while Spark waits costs time here, which it does not on a cluster.
 *
 *   npm run bench:prove [-- --rounds 3 --against FOLDER --spark 3.5.9]
 *
 * `--against`: a checkout of another revision of this repository.
 */
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import type { VerificationSubject } from '../../src/domain/verification.ts';
import { startWorld, subjectOf, type World, withoutCluster } from '../cluster/cluster.ts';
import {
  countOf,
  describeMachine,
  machineInWords,
  median,
  printJson,
  rounded,
} from './measuring.ts';

type Verification = typeof import('../../src/domain/verification.ts');

const ENVIRONMENT = 'churn python=3.11 numpy=1.26 pandas=2.0';
const ASKED = { executors: 2, timeoutSeconds: 240 };
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    against: { type: 'string' },
    spark: { type: 'string', default: '3.5.9' },
  },
});
const rounds = countOf('rounds', values.rounds);
const missing = withoutCluster('3.5.0', values.spark);
if (missing) {
  console.error(`Nothing to measure: ${missing}.`);
  process.exit(2);
}

/** Seconds of one run until each of what it printed came: of both trees, so by the clock of this process. */
const MARKS = {
  driver: 'CONDA_FERRY_REACHED driver',
  application: 'CONDA_FERRY_REACHED application',
  executors: 'CONDA_FERRY_REACHED executors',
  proof: 'CONDA_FERRY_EVIDENCE ',
} as const;
type Run = Record<keyof typeof MARKS | 'end', number>;

const trees = [
  { name: 'this tree', folder: join(import.meta.dirname, '../..') },
  ...(values.against ? [{ name: values.against, folder: resolve(values.against) }] : []),
];
const machine = describeMachine();
const world = await startWorld({ spark: values.spark });
try {
  const subject = subjectOf(await world.build(ENVIRONMENT));
  const runs = new Map<string, Run[]>(trees.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, folder } of trees) {
      const address = pathToFileURL(join(folder, 'src/domain/verification.ts')).href;
      const verification = (await import(address)) as Verification;
      runs.get(name)?.push(await prove(world, subject, verification));
    }
  }
  const rows = [...runs].map(([name, all]) => {
    const of = (seconds: (run: Run) => number) => rounded(median(all.map(seconds)));
    return {
      name,
      'until it runs': of(({ application }) => application),
      'until executors': of(({ application, executors }) => executors - application),
      asking: of(({ executors, proof }) => proof - executors),
      ending: of(({ proof, end }) => end - proof),
      'in all': of(({ end }) => end),
    };
  });
  console.log(`medians of ${rounds}, in turns, Spark ${values.spark}, ${machineInWords(machine)}`);
  console.table(rows);
  printJson({ bench: 'prove', machine, rounds, spark: values.spark, rows, runs: [...runs] });
} finally {
  await world.stop();
}

async function prove(
  { edge }: World,
  subject: VerificationSubject,
  { verificationCommand }: Verification,
): Promise<Run> {
  const began = performance.now();
  const passed = () => (performance.now() - began) / 1000;
  const run: Run = { driver: NaN, application: NaN, executors: NaN, proof: NaN, end: NaN };
  const words: string[] = [];
  const log = (line: string) => {
    words.push(line);
    for (const [name, mark] of Object.entries(MARKS)) {
      if (line.startsWith(mark)) run[name as keyof Run] = passed();
    }
  };
  const request = { ...verificationCommand(subject, ASKED), directory: null, ...ASKED };
  await edge().run(request, { signal: new AbortController().signal, log });
  run.end = passed();
  if (Number.isNaN(run.proof))
    throw new Error(`nothing was proven:\n${words.slice(-30).join('\n')}`);
  return run;
}
