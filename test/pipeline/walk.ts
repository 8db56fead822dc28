/**
 * A walk by chance: people, workers, bots and duties, each call of any of them in an order that chance
 * decides, some killed. `node test/pipeline/walk.ts --seed N` goes the way of a seed again, and says what
 * was wrong in the end; `--walks N` goes the ways of so many.
 */
import { parseArgs } from 'node:util';
import { Random } from '../harness/random.ts';
import { CAST_SIZE, Crowd } from './crowd.ts';
import { Drive, type Option } from './driving.ts';

export interface Walked {
  calls: readonly string[];
  /** What was wrong; null where nothing was. */
  error: Error | null;
}

/** A way with all of them has some thousand. */
const MOST_CALLS = 20_000;
/** How often it is a mishap, where there could be one. */
const MISHAPS = 0.02;

/** Goes the way of a seed, with those of the numbers alone. */
export async function walk(seed: number, only: ReadonlySet<number> | null = null): Promise<Walked> {
  const drive = new Drive(new Crowd(seed, only), { mostCalls: MOST_CALLS, isCompared: false });
  try {
    await drive.drive(choosing(seed));
    return { calls: drive.calls, error: null };
  } catch (error) {
    return { calls: drive.calls, error: error as Error };
  }
}

/**
 * Each takes its own time between two calls, by chance of its own, so that without some of them the others
 * still go their way. Some are slower than others, and that changes now and then: else all would come
 * along side by side.
 */
function choosing(seed: number): (call: number, options: readonly Option[]) => Option {
  const paces = new Map<string, Pace>();
  let now = 0;
  const paceOf = (name: string) => {
    const pace = paces.get(name) ?? new Pace(new Random(seed + numberOf(name)), now);
    paces.set(name, pace);
    return pace;
  };
  return (_call, options) => {
    const mishaps = options.filter(({ isMishap }) => isMishap);
    const [of = ''] = mishaps.map(({ choice }) => choice.split(' ').at(-1));
    if (mishaps.length > 0 && paceOf(of).random.chance(MISHAPS)) {
      return paceOf(of).random.pick(mishaps);
    }
    const others = options.filter(({ isMishap }) => !isMishap);
    const next = others.reduce((one, other) =>
      paceOf(other.choice).at < paceOf(one.choice).at ? other : one,
    );
    const pace = paceOf(next.choice);
    now = Math.max(now, pace.at);
    pace.wait(now);
    return next;
  };
}

/** When one of them makes its next call. */
class Pace {
  readonly random: Random;
  at = 0;
  #slowness = 1;

  constructor(random: Random, now: number) {
    this.random = random;
    this.wait(now, true);
  }

  wait(now: number, isChanged = this.random.chance(0.02)): void {
    if (isChanged) this.#slowness = 4 ** this.random.below(5);
    this.at = now - Math.log(1 - this.random.next()) * this.#slowness;
  }
}

/** The same for the same name. */
const numberOf = (name: string): number =>
  [...name].reduce((sum, letter) => (Math.imul(sum, 31) + letter.charCodeAt(0)) >>> 0, 7);

/** Those without whom a seed's way ends well; each walk takes its tenth of a second. */
async function needed(seed: number): Promise<number[]> {
  let left = [...Array(CAST_SIZE).keys()];
  for (const number of left) {
    const fewer = left.filter((each) => each !== number);
    if ((await walk(seed, new Set(fewer))).error) left = fewer;
  }
  return left;
}

/** What was wrong, and the command that goes that way again, with as few as it takes. */
export async function failureOf(seed: number, { error }: Walked): Promise<string> {
  const few = await needed(seed);
  const command = `node test/pipeline/walk.ts --seed ${seed}`;
  return `${error?.stack}\n${command}\n${command} --only ${few.join()}`;
}

if (import.meta.main) {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ options: { seed: text, walks: text, only: text } });
  const only = values.only === undefined ? null : new Set(values.only.split(',').map(Number));
  const first = Number(values.seed ?? 1);
  const isOne = values.walks === undefined;
  const end = first + Number(values.walks ?? 1);
  let count = 0;
  for (let seed = first; seed < end; seed += 1) {
    const walked = await walk(seed, only);
    count += walked.calls.length;
    if (isOne) console.log(walked.calls.join('\n'));
    if (walked.error === null) continue;
    console.log(isOne ? walked.error.stack : await failureOf(seed, walked));
    process.exitCode = 1;
  }
  console.log(`${end - first} walks, ${count} calls`);
}
