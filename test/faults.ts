/**
 * Shows what is promised for when something goes wrong: runs the tests that `faults/promises.ts` names,
 * and says a line for each promise. Exit code 0 only when each test that is named has passed or says why it
 * was skipped.
 *
 *     npm run test:faults                   all
 *     npm run test:faults -- 7 memory       these
 */
import { join } from 'node:path';
import { run } from 'node:test';
import { styleText } from 'node:util';
import { PROMISES, type Promised } from './faults/promises.ts';

const ROOT = join(import.meta.dirname, '..');

interface Outcome {
  file: string;
  name: string;
  isPassed: boolean;
  /** Why; null where it was not. */
  skipped: string | null;
  milliseconds: number;
  /** What it said of itself: how many ways, how many inputs. */
  figures: string[];
}

async function main(ids: readonly string[]): Promise<number> {
  const unknown = ids.filter((id) => !PROMISES.some((each) => each.id === id));
  if (unknown.length > 0) {
    process.stderr.write(
      `There is no promise ${unknown.join(', ')}; there are ${PROMISES.map(({ id }) => id).join(', ')}.\n`,
    );
    return 1;
  }
  const asked = PROMISES.filter(({ id }) => ids.length === 0 || ids.includes(id));
  const names = new Map<string, string[]>();
  for (const { shown } of asked) {
    for (const [file, words] of Object.entries(shown)) {
      names.set(file, [...(names.get(file) ?? []), ...words]);
    }
  }
  const outcomes: Outcome[] = [];
  const told = new Set<Promised>();
  let isKept = true;
  for (const [file, words] of names) {
    outcomes.push(...(await outcomesOf(file, words)));
    names.delete(file);
    for (const promised of asked) {
      const isOpen = Object.keys(promised.shown).some((each) => names.has(each));
      if (isOpen || told.has(promised)) continue;
      told.add(promised);
      isKept = tell(promised, outcomes) && isKept;
    }
  }
  return isKept ? 0 : 1;
}

/** Those whose names have some of the words. */
async function outcomesOf(file: string, words: readonly string[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const stream = run({
    files: [join(ROOT, file)],
    testNamePatterns: words.map((each) => new RegExp(each.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))),
  });
  // It comes after the test that it is about; on the outermost level it is about the file.
  stream.on('test:diagnostic', ({ message, nesting }) => {
    if (nesting > 0) outcomes.at(-1)?.figures.push(message);
  });
  const note = (
    isPassed: boolean,
    {
      name,
      details,
      skip,
    }: {
      name: string;
      details: { duration_ms: number; type?: string };
      skip?: string | boolean;
    },
  ) => {
    if (details.type === 'suite') return;
    const skipped = skip === undefined ? null : String(skip);
    const milliseconds = details.duration_ms;
    outcomes.push({ file, name, isPassed, skipped, milliseconds, figures: [] });
  };
  stream.on('test:pass', (event) => note(true, event));
  stream.on('test:fail', (event) => note(false, event));
  for await (const _ of stream);
  return outcomes;
}

/** Whether it is kept, as far as was looked. */
function tell({ id, promise, shown }: Promised, outcomes: readonly Outcome[]): boolean {
  const named = Object.entries(shown).flatMap(([file, words]) =>
    words.map((each) => ({
      name: `${file} › ${each}`,
      found: outcomes.filter((outcome) => outcome.file === file && outcome.name.includes(each)),
    })),
  );
  const found = [...new Set(named.flatMap((each) => each.found))];
  const problems = [
    ...named.filter((each) => each.found.length === 0).map(({ name }) => `no test ${name}`),
    ...found.filter(({ isPassed }) => !isPassed).map(({ file, name }) => `${file} › ${name}`),
  ];
  const skipped = found.filter(({ skipped }) => skipped !== null);
  const seconds = found.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / 1000;
  const ran = found.length - skipped.length;
  const sign =
    problems.length > 0 ? styleText('red', 'FAILED ') : ran === 0 ? 'skipped' : 'ok     ';
  process.stdout.write(
    `${sign} ${id.padEnd(9)} ${promise}   ${ran} ${ran === 1 ? 'test' : 'tests'}, ${seconds.toFixed(1)} s\n`,
  );
  for (const { name, figures } of found) {
    for (const each of figures) process.stdout.write(`                  ${each}: ${name}\n`);
  }
  for (const each of problems) process.stdout.write(`                  ${each}\n`);
  for (const each of skipped) {
    process.stdout.write(`                  skipped ${each.name}: ${each.skipped}\n`);
  }
  return problems.length === 0;
}

process.exitCode = await main(process.argv.slice(2));
