import { globSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');

/** What `deploy/lab/prepare` can be asked for; each holds what stands before it. */
export const PREPARATIONS = ['npm', 'python', 'channel', 'demo', 'test'] as const;
export type Preparation = (typeof PREPARATIONS)[number];

/**
 * How test files are run: `fast` ones are pure and take part in `npm run fast`; `product` ones start
 * the whole product but mostly wait for it; `busy` ones keep both cores busy, so one at a time.
 */
export type Group = 'fast' | 'units' | 'product' | 'busy' | 'last';

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
  { begins: 'test/slack/', group: 'units', needs: 'python' },
  { begins: 'deploy/lab/slack/test/page', group: 'units', needs: 'test' },
  { begins: 'deploy/lab/slack/test/', group: 'units', needs: 'python' },
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

/** The least that all of these files need. */
export function preparationFor(files: readonly string[]): Preparation {
  const levels = files.map((file) => PREPARATIONS.indexOf(suiteOf(file).needs));
  return PREPARATIONS[Math.max(0, ...levels)] ?? 'test';
}
