import { globSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');

/** What `deploy/lab/prepare` can be asked for; each holds what stands before it. */
export const PREPARATIONS = ['npm', 'python', 'channel', 'demo', 'test'] as const;
export type Preparation = (typeof PREPARATIONS)[number];

/**
 * How test files are run: `fast` ones are pure and take part in `npm run fast`; `product` ones start
 * the whole product but mostly wait for it; `busy` ones are Spark on a cluster, one at a time.
 */
export type Group = 'fast' | 'units' | 'product' | 'busy' | 'last';

/** How much of a machine with two cores the files of a group take while they run, of `WHOLE`. */
export const SHARES: Readonly<Record<Group, number>> = {
  ...{ fast: 3, units: 3, product: 2, busy: 4, last: 3 },
};
export const WHOLE = 6;

/**
 * Files that take half a minute and more, the longest first: so they begin, and no core is idle at the end
 * while the other waits for one of them. What is missing or has changed costs time alone.
 */
export const LONGEST: readonly string[] = [
  'test/cluster/yarn.test.ts',
  'test/path/engines.test.ts',
  'test/path/bad-input.test.ts',
  'test/faults/drain.test.ts',
  'test/faults/slack.test.ts',
  'test/slack/app.test.ts',
  'test/faults/worker.test.ts',
  'test/adapters/projects/projects.test.ts',
  'test/adapters/edge/packages.test.ts',
  'test/path/life.test.ts',
  'test/path/heard.test.ts',
  'test/path/terminal.test.ts',
  'test/path/restore.test.ts',
  'test/path/doctor.test.ts',
  'test/cluster/services.test.ts',
  'test/path/policy.test.ts',
  'test/path/plan.test.ts',
  'test/path/schedule.test.ts',
  'test/adapters/projects/sdist.test.ts',
  'test/faults/redis.test.ts',
  'test/packing/real.test.ts',
  'test/adapters/edge/staging.test.ts',
  'test/path/create.test.ts',
  'test/path/pip.test.ts',
  'test/lab/steps.test.ts',
  'test/path/layouts.test.ts',
];

interface Suite {
  /** How the paths of its files begin. */
  begins: string;
  group: Group;
  /** What its files need of the lab; without it they are skipped, with a reason. */
  needs: Preparation;
}

/** Every test file, relative to the root: the product's and those of the packages beside it. */
export const testFiles = (): string[] =>
  globSync(['test/**/*.test.ts', 'deploy/lab/slack/test/*.test.ts'], { cwd: ROOT }).sort();

/** The first row that fits a file holds for it. */
export const SUITES: readonly Suite[] = [
  { begins: 'test/domain/invocation-shells', group: 'units', needs: 'npm' },
  { begins: 'test/domain/spec-judges', group: 'units', needs: 'python' },
  { begins: 'test/domain/', group: 'fast', needs: 'npm' },
  { begins: 'test/commands/', group: 'fast', needs: 'npm' },
  { begins: 'test/reading/', group: 'fast', needs: 'npm' },
  { begins: 'test/answers/', group: 'fast', needs: 'npm' },
  { begins: 'test/pipeline/', group: 'fast', needs: 'npm' },
  { begins: 'test/architecture', group: 'fast', needs: 'npm' },
  { begins: 'test/config', group: 'fast', needs: 'npm' },
  { begins: 'test/suites', group: 'fast', needs: 'npm' },
  { begins: 'test/slack/blocks', group: 'fast', needs: 'python' },
  { begins: 'test/slack/budget', group: 'fast', needs: 'npm' },
  { begins: 'test/slack/metered', group: 'fast', needs: 'npm' },
  { begins: 'test/slack/modals', group: 'fast', needs: 'python' },
  { begins: 'test/slack/shared-by', group: 'fast', needs: 'npm' },
  { begins: 'test/slack/emoji', group: 'fast', needs: 'npm' },
  { begins: 'test/slack/app', group: 'product', needs: 'python' },
  { begins: 'test/slack/', group: 'units', needs: 'python' },
  { begins: 'deploy/lab/slack/test/page', group: 'units', needs: 'test' },
  { begins: 'deploy/lab/slack/test/', group: 'units', needs: 'python' },
  { begins: 'test/terminal/newer-store', group: 'units', needs: 'python' },
  { begins: 'test/terminal/', group: 'units', needs: 'npm' },
  { begins: 'test/harness/', group: 'units', needs: 'npm' },
  { begins: 'test/packing/localizer', group: 'units', needs: 'test' },
  { begins: 'test/packing/real', group: 'units', needs: 'channel' },
  { begins: 'test/packing/', group: 'units', needs: 'npm' },
  { begins: 'test/adapters/channels/', group: 'units', needs: 'npm' },
  { begins: 'test/adapters/watch/tracing', group: 'units', needs: 'python' },
  { begins: 'test/adapters/watch/', group: 'units', needs: 'npm' },
  { begins: 'test/adapters/redis/', group: 'units', needs: 'python' },
  { begins: 'test/adapters/edge/', group: 'units', needs: 'demo' },
  { begins: 'test/adapters/', group: 'units', needs: 'channel' },
  { begins: 'test/path/', group: 'product', needs: 'demo' },
  { begins: 'test/bench/', group: 'fast', needs: 'npm' },
  { begins: 'test/stores/', group: 'product', needs: 'channel' },
  { begins: 'test/faults/', group: 'product', needs: 'channel' },
  { begins: 'test/cluster/', group: 'busy', needs: 'test' },
  { begins: 'test/fuzz/', group: 'units', needs: 'python' },
  // Judges what all the others have sent.
  { begins: 'test/payloads', group: 'last', needs: 'npm' },
  { begins: 'test/', group: 'units', needs: 'test' },
];

function suiteOf(file: string): Suite {
  const suite = SUITES.find(({ begins }) => file.startsWith(begins));
  if (suite === undefined) throw new Error(`${file} is in no row of SUITES`);
  return suite;
}

/** `file` is relative to the root: `test/domain/spec.test.ts`. */
export const groupOf = (file: string): Group => suiteOf(file).group;

/**
 * Which of the files that wait begins now, beside those that run: the first that the machine still has room
 * for; null where none is to begin.
 */
export function nextOf(waiting: readonly string[], running: readonly string[]): string | null {
  const taken = running.reduce((sum, file) => sum + SHARES[groupOf(file)], 0);
  return waiting.find((file) => taken + SHARES[groupOf(file)] <= WHOLE) ?? null;
}

/** The order in which files that wait are looked at: the longest first, then those that mostly wait. */
export function inOrder(files: readonly string[]): string[] {
  const place = (file: string): number => {
    const known = LONGEST.indexOf(file);
    return known >= 0 ? known : LONGEST.length + SHARES[groupOf(file)];
  };
  return files.toSorted((left, right) => place(left) - place(right));
}

/** The least that all of these files need. */
export function preparationFor(files: readonly string[]): Preparation {
  const levels = files.map((file) => PREPARATIONS.indexOf(suiteOf(file).needs));
  return PREPARATIONS[Math.max(0, ...levels)] ?? 'test';
}
