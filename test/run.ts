/**
 * What `npm test` runs: types, lint, unused code, then every test file, as many at a time as two cores
 * have room for (`test/suites.ts`). The last line is `N passed, N failed` or `N passed, N failed, N skipped` over all test
 * cases; exit code 0 only when nothing failed.
 *
 *     node test/run.ts                 everything
 *     node test/run.ts test/domain …   only the files whose path begins so
 *     node test/run.ts --fast          the checks and the pure suites: `npm run fast`
 *     node test/run.ts --prepare …     first what these files need of the lab
 *
 * With `CONDA_FERRY_TEST=full` also what takes long, and other cases than last time.
 */
import { spawn, spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { join, relative } from 'node:path';
import { run } from 'node:test';
import { parseArgs, styleText } from 'node:util';
import { type Group, groupOf, inOrder, nextOf, preparationFor, testFiles } from './suites.ts';

const ROOT = join(import.meta.dirname, '..');
/** A file that hangs must not hold up the others for ever. */
const FILE_LIMIT_MS = 15 * 60_000;

/** Tests that take longer are told one by one: nobody stares at a silent terminal. */
const TOLD_MS = 5_000;

/** Of each reason that is told again at the end. */
const REASON_CHARACTERS = 3000;

const CONSEQUENCES = ['subtestsFailed', 'cancelledByParent'];

interface Totals {
  passed: number;
  failed: number;
  skipped: number;
}

/** What Node compiled stays for the next test file and the next run: all of them load the same files. */
const COMPILED = join(ROOT, 'test/.out/compiled');

const totals: Totals = { passed: 0, failed: 0, skipped: 0 };
/** Each with its reason: a run is long, and whoever keeps a log of it may keep its end alone. */
const failures: string[] = [];
const started = Date.now();

function say(text: string): void {
  const elapsed = Math.round((Date.now() - started) / 1000);
  process.stdout.write(`[${String(elapsed).padStart(4)} s] ${text}\n`);
}

/** A checker counts as one test case. */
async function check(name: string, words: readonly string[]): Promise<void> {
  const [command = '', ...rest] = words;
  const began = Date.now();
  const child = spawn(join(ROOT, 'node_modules/.bin', command), rest, { cwd: ROOT });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const code = await new Promise((resolve) => {
    child.once('error', resolve);
    child.once('close', resolve);
  });
  if (code === 0) {
    totals.passed += 1;
    return say(`ok      ${name}  ${seconds(Date.now() - began)}`);
  }
  totals.failed += 1;
  fail(name, output.trim());
}

/** Tells of a failure where it happens, and keeps it for the end. */
function fail(name: string, why: string): void {
  failures.push(`${name}\n${why.slice(0, REASON_CHARACTERS)}`);
  say(`${styleText('red', 'FAILED')}  ${name}\n${why}`);
}

/** What git says is changed or new here, line by line; null where this is no git checkout. */
function treeState(): string[] | null {
  const words = ['status', '--porcelain'];
  const { status, stdout } = spawnSync('git', words, { cwd: ROOT, encoding: 'utf8' });
  return status === 0 ? stdout.split('\n').filter((line) => line !== '') : null;
}

/**
 * A fresh checkout is clean and stays so, for git ignores what prepare and the tests write. Where
 * somebody works, only what is new since the start counts.
 */
function checkTree(before: readonly string[]): void {
  const name = 'a tree without leftovers (git status)';
  const now = treeState() ?? [];
  const left = process.env.CI
    ? now
    : now.filter((line) => line.startsWith('??') && !before.includes(line));
  if (left.length === 0) {
    totals.passed += 1;
    say(`ok      ${name}`);
  } else {
    totals.failed += 1;
    fail(name, left.join('\n'));
  }
}

/** Runs files one after the other; `isolation` says whether each has a process of its own. */
async function runFiles(files: readonly string[], isolation: 'process' | 'none'): Promise<void> {
  const printed = new Map<string, string[]>();
  const stream = run({
    files: files.map((file) => join(ROOT, file)),
    concurrency: 1,
    isolation,
    timeout: FILE_LIMIT_MS,
  });
  for (const name of ['test:stdout', 'test:stderr'] as const) {
    stream.on(name, ({ file, message }) => {
      if (file) printed.set(file, [...(printed.get(file) ?? []), message]);
    });
  }
  stream.on('test:pass', ({ name, skip, file, details }) => {
    if (skip !== undefined) {
      const why = skip === true ? 'no reason is given' : skip;
      say(`skipped ${place(file)} › ${name}: ${why}`);
    } else if (details.type !== 'suite' && details.duration_ms > TOLD_MS) {
      say(`        ${place(file)} › ${name}: ${seconds(details.duration_ms)}`);
    }
  });
  stream.on('test:fail', ({ name, details, file }) => {
    const { error } = details;
    // Suites fail because of what is in them, or the other way round; the cause is told once.
    if ('failureType' in error && CONSEQUENCES.includes(String(error.failureType))) return;
    if (name === file) {
      const output = printed.get(file)?.join('').trim() ?? '';
      fail(place(file), `${reason(error)}\n${output.slice(-8000)}`);
      return;
    }
    fail(`${place(file)} › ${name}`, reason(error));
  });
  stream.on('test:summary', ({ file, counts, duration_ms }) => {
    if (file === undefined) {
      totals.passed += counts.passed;
      totals.failed += failedOf(counts);
      totals.skipped += counts.skipped + counts.todo;
      return;
    }
    const { passed, skipped } = counts;
    const bad = failedOf(counts);
    const sign = bad === 0 ? 'ok     ' : styleText('red', 'FAILED ');
    const figures = [
      `${passed} passed`,
      bad > 0 && `${bad} failed`,
      skipped > 0 && `${skipped} skipped`,
    ];
    say(`${sign} ${place(file)}  ${figures.filter(Boolean).join(', ')}, ${seconds(duration_ms)}`);
    const words = printed.get(file)?.join('').trim();
    if (bad > 0 && words) say(`what ${place(file)} printed:\n${words.slice(-8000)}`);
  });
  // The stream ends only when somebody takes what it says.
  for await (const _ of stream);
}

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;

/** What did neither pass nor was skipped: failed, cancelled, out of time. */
const failedOf = (counts: { tests: number; passed: number; skipped: number; todo: number }) =>
  counts.tests - counts.passed - counts.skipped - counts.todo;

const place = (file: string | undefined): string => (file ? relative(ROOT, file) : 'a test');

/** The assertion itself and what it came of, without the runner's own frames around them. */
function reason(error: Error): string {
  const causes: string[] = [];
  // The outermost is the runner's own.
  for (let cause: unknown = error.cause ?? error.message; cause; ) {
    const stack = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    const lines = stack.split('\n').filter((line) => !/^\s+at .*\(?node:internal/.test(line));
    causes.push(...lines.slice(0, 60));
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return causes.map((line) => `         ${line}`).join('\n');
}

/** What the compiler found out last time is kept: only what changed is checked again. */
const TYPES = 'tsc --noEmit --incremental --tsBuildInfoFile test/.out/types.tsbuildinfo'.split(' ');

/** They are about all there is, so they do not belong to a path. */
async function runChecks(): Promise<void> {
  await Promise.all([
    check('types (tsc)', TYPES),
    check('lint and format (biome)', ['biome', 'check', '.']),
    check('unused files, exports and packages (knip)', ['knip', '--no-progress']),
  ]);
}

/** Runs files in processes of their own, each as soon as there is room for it beside those that run. */
async function runTogether(files: readonly string[]): Promise<void> {
  const waiting = inOrder(files);
  const running = new Map<string, Promise<void>>();
  while (waiting.length > 0 || running.size > 0) {
    const next = nextOf(waiting, [...running.keys()]);
    if (next === null) {
      await Promise.race(running.values());
      continue;
    }
    waiting.splice(waiting.indexOf(next), 1);
    running.set(
      next,
      runFiles([next], 'process').finally(() => running.delete(next)),
    );
  }
}

/** One after the other, with their names in the times; each file is in one of them. */
const PARTS: readonly (readonly [
  name: string,
  groups: readonly Group[],
  work: (files: readonly string[]) => Promise<void>,
])[] = [
  // Pure tests share nothing that could change: a process for each file would cost more than they do.
  ['fast units', ['fast'], (files) => runFiles(files, 'none')],
  ['what needs processes', ['units', 'product', 'busy'], runTogether],
  ['payloads', ['last'], runTogether],
];

/** What prepare says goes to the terminal; false when something could not be had. */
function prepare(files: readonly string[]): boolean {
  const words = [join(ROOT, 'deploy/lab/prepare'), preparationFor(files)];
  return spawnSync('sh', words, { stdio: 'inherit' }).status === 0;
}

async function main(words: readonly string[]): Promise<number> {
  enableCompileCache(COMPILED);
  process.env.NODE_COMPILE_CACHE = COMPILED;
  const { values, positionals: parts } = parseArgs({
    args: [...words],
    options: { fast: { type: 'boolean' }, prepare: { type: 'boolean' } },
    allowPositionals: true,
  });
  const wanted = testFiles()
    .filter((file) => !values.fast || groupOf(file) === 'fast')
    .filter(
      (file) =>
        parts.length === 0 ||
        parts.some((part) => file.startsWith(relative(ROOT, join(ROOT, part)))),
    );
  if (wanted.length === 0) {
    process.stderr.write(`There is no test file under ${parts.join(', ')}.\n`);
    return 1;
  }
  const times: string[] = [];
  const part = async (name: string, work: () => Promise<void>) => {
    const began = Date.now();
    await work();
    times.push(`${name} ${seconds(Date.now() - began)}`);
  };
  if (values.prepare) {
    const began = Date.now();
    if (!prepare(wanted)) return 2;
    times.push(`preparation ${seconds(Date.now() - began)}`);
  }
  const isAll = parts.length === 0;
  if (isAll) {
    if (!values.fast) rmSync(join(ROOT, 'test/.out/slack'), { recursive: true, force: true });
    await part('checks', runChecks);
  }
  const before = isAll && !values.fast ? treeState() : null;
  for (const [name, groups, work] of PARTS) {
    const members = wanted.filter((file) => groups.includes(groupOf(file)));
    if (members.length > 0) await part(name, () => work(members));
  }
  if (before !== null) checkTree(before);
  say(`Time: ${times.join(', ')}`);

  if (failures.length > 0) say(`Failed:\n${failures.join('\n')}`);
  const { passed, failed, skipped } = totals;
  const figures = [`${passed} passed`, `${failed} failed`, skipped > 0 && `${skipped} skipped`];
  process.stdout.write(`${figures.filter(Boolean).join(', ')}\n`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
