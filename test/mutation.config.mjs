/**
 * What `npm run mutation` gives Stryker: it changes the code in one place after another and sees
 * whether a fast test notices. Other places than this sample: `npm run mutation -- --mutate FILE`,
 * or `FILE:FIRST-LAST` for some lines.
 */
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';

/** Of the lines there, in blocks of so many, one block in twenty: all of them would take hours. */
const FILES = ['src/domain/**/*.ts', 'src/pipeline/**/*.ts', 'commands/**/*.ts'];
const BLOCK = 12;
const SHARE = 20;

/** Fast, but too slow to be run for every mutant. */
const SLOW = ['invocation-shells', 'spec-judges', 'diagnosis'].map(
  (name) => `test/domain/${name}.test.ts`,
);

/** The blocks of a file that are in the sample; the same ones every time. */
function sampleOf(file) {
  const lines = readFileSync(file, 'utf8').split('\n').length;
  const starts = Array.from({ length: Math.ceil(lines / BLOCK) }, (_, index) => index * BLOCK + 1);
  return starts
    .filter(
      (from) => createHash('sha256').update(`ferry ${file} ${from}`).digest()[0] % SHARE === 0,
    )
    .map((from) => `${file}:${from}-${from + BLOCK - 1}`);
}

export default {
  mutate: FILES.flatMap((pattern) => globSync(pattern).sort()).flatMap(sampleOf),
  // Wordings are for the golden files.
  mutator: { excludedMutations: ['StringLiteral'] },
  testRunner: 'tap',
  tap: {
    testFiles: globSync('test/{domain,commands,pipeline}/**/*.test.ts')
      .filter((file) => !SLOW.includes(file))
      .sort(),
    nodeArgs: ['--test-reporter=tap', '-r', '{{hookFile}}', '{{testFile}}'],
  },
  // There is no compiler to prepare for: types are stripped.
  tsconfigFile: 'none',
  ignoreStatic: true,
  concurrency: 1,
  timeoutMS: 3000,
  ignorePatterns: ['.lab', '.out'],
  tempDirName: '.out/mutation',
  reporters: ['progress-append-only', 'clear-text'],
  clearTextReporter: { logTests: false, reportTests: false },
};
