/**
 * The crash sweep as a command: seeds one after another, each over so many builds. Exit code 0 only
 * when all that is promised holds after each of them.
 *
 *     npm run sweep                                one seed, drawn, over 200 builds
 *     npm run sweep -- --seed 7 --builds 60        this one
 *     npm run sweep -- --seed 7 --seeds 3          this one and the two after it
 *
 * A seed is the schedule of what is done; how processes meet it differs from run to run.
 */
import { randomInt } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { sweep } from './faults/sweep.ts';
import { cannotWalk } from './harness.ts';

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      seeds: { type: 'string', default: '1' },
      builds: { type: 'string', default: '200' },
      quiet: { type: 'boolean', default: false },
    },
  });
  const whole = (name: 'seed' | 'seeds' | 'builds', text: string): number => {
    const value = Number(text);
    if (Number.isSafeInteger(value) && value > 0) return value;
    throw new Error(`--${name} must be a whole number from 1, such as 7; it is ${text}.`);
  };
  const first = whole('seed', values.seed ?? String(randomInt(1, 1_000_000)));
  const builds = whole('builds', values.builds);
  if (cannotWalk !== false) throw new Error(cannotWalk);

  let isRight = true;
  for (let seed = first; seed < first + whole('seeds', values.seeds); seed += 1) {
    say(`seed ${seed}, ${builds} builds asked for`);
    const swept = await sweep({ seed, builds }, values.quiet ? undefined : say);
    const mishaps = Object.entries(swept.mishaps).sort(([one], [other]) => (one < other ? -1 : 1));
    const count = mishaps.reduce((sum, [, times]) => sum + times, 0);
    say(`seed ${seed}: ${swept.builds} builds in ${Math.round(swept.seconds)} s, ${count} mishaps`);
    say(`  ${mishaps.map(([what, times]) => `${what} ${times}`).join(', ')}`);
    if (swept.problems.length === 0) continue;
    isRight = false;
    if (values.quiet) for (const line of swept.journal) say(line);
    for (const problem of swept.problems) say(`WRONG  ${problem}`);
    const folder = join(import.meta.dirname, '.out/sweep', String(seed));
    mkdirSync(folder, { recursive: true });
    for (const [name, log] of Object.entries(swept.logs)) {
      writeFileSync(join(folder, `${name.replace(' ', '-')}.log`), log);
    }
    say(`logs: ${folder}`);
    say(`again: npm run sweep -- --seed ${seed} --builds ${builds}`);
  }
  return isRight ? 0 : 1;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

process.exitCode = await main();
