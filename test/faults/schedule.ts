/**
 * What a crash sweep does, as data: the same for the same seed. People ask for something, one after
 * another, and while it is on its way something is killed, frozen, stopped or cut, and comes back.
 */
import { randomFrom } from '../harness/random.ts';

/** What something can go wrong with: each is away for one reason at a time. */
export type Target =
  | 'bot 1'
  | 'bot 2'
  | 'worker 1'
  | 'worker 2'
  | 'worker 3'
  | 'redis'
  | 'sshd'
  | 'link'
  | 'slack';

export interface Mishap {
  target: Target;
  what: string;
  /** Milliseconds after the turn began. */
  after: number;
  /** Milliseconds until it comes back. */
  lasts: number;
}

export interface Turn {
  user: 'ana' | 'ben';
  channel: string;
  /** What is typed after `/conda-env`. */
  text: string;
  /** Milliseconds before anybody asks again. */
  pause: number;
  mishaps: readonly Mishap[];
}

interface Row {
  targets: readonly Target[];
  what: string;
  /** Milliseconds: the shortest and the longest. */
  lasts: readonly [number, number];
  /** How often, beside the others. */
  weight: number;
}

const BOTS: readonly Target[] = ['bot 1', 'bot 2'];
const WORKERS: readonly Target[] = ['worker 1', 'worker 2', 'worker 3'];

/** A worker's lock lasts 10 s in the world of tests, and a lead of a bot as long: some outlast it. */
const MISHAPS: readonly Row[] = [
  { targets: BOTS, what: 'kill', lasts: [0, 4000], weight: 4 },
  { targets: BOTS, what: 'freeze', lasts: [300, 14_000], weight: 2 },
  { targets: BOTS, what: 'stop', lasts: [0, 3000], weight: 1 },
  { targets: WORKERS, what: 'kill', lasts: [0, 5000], weight: 6 },
  { targets: WORKERS, what: 'freeze', lasts: [300, 20_000], weight: 3 },
  { targets: WORKERS, what: 'stop', lasts: [0, 3000], weight: 2 },
  { targets: ['redis'], what: 'kill', lasts: [0, 5000], weight: 2 },
  { targets: ['redis'], what: 'freeze', lasts: [200, 14_000], weight: 1.5 },
  { targets: ['sshd'], what: 'kill', lasts: [0, 4000], weight: 2 },
  { targets: ['sshd'], what: 'freeze', lasts: [300, 10_000], weight: 1 },
  { targets: ['link'], what: 'cut', lasts: [0, 0], weight: 3 },
  { targets: ['link'], what: 'freeze', lasts: [300, 8000], weight: 1 },
  { targets: ['link'], what: 'refuse', lasts: [300, 4000], weight: 1 },
  { targets: ['slack'], what: 'refuse', lasts: [300, 6000], weight: 1.5 },
  { targets: ['slack'], what: 'freeze', lasts: [300, 6000], weight: 1 },
  { targets: ['slack'], what: 'lose replies', lasts: [0, 0], weight: 1 },
  { targets: ['slack'], what: 'say later', lasts: [0, 0], weight: 1 },
];

/** Every Python of the lab's channel with something small: the packages are there soon, the archives differ. */
const REQUESTS: readonly string[] = [
  'python=3.11 six',
  'python=3.11 six pytz',
  'python=3.10 six',
  'python=3.11 six wheel',
  'python=3.10 six pytz wheel',
  'python=3.11 six ferry-entry',
  'python=3.11 six python-dateutil --format tar.gz',
];
/** It has no solution: a build that fails at once, for Retry. */
const IMPOSSIBLE = 'python=3.11 six ferry-unsolvable';
const CHANNELS: readonly string[] = ['data-science', 'general'];

/** How often something goes wrong in a turn. */
const MISHAPS_PER_TURN = 0.5;
const MOST_MISHAPS = 2;

export interface Plan {
  turns: readonly Turn[];
  /** Of the environments: the text that asks for each at the end, and who does. */
  names: readonly { name: string; user: Turn['user']; request: string }[];
}

/** `builds`: how often somebody asks for one. */
export function planOf(seed: number, builds: number): Plan {
  const random = randomFrom(seed);
  const between = (least: number, most: number) => Math.round(least + (most - least) * random());
  const oneOf = <T>(choices: readonly T[]): T => choices[between(0, choices.length - 1)] as T;
  const count = Math.max(3, Math.ceil(builds / 12));
  const names = Array.from({ length: count }, (_, index) => ({
    name: `swept-${index + 1}`,
    user: index % 2 === 0 ? ('ana' as const) : ('ben' as const),
    request: REQUESTS[index % REQUESTS.length] ?? '',
  }));

  function mishaps(): Mishap[] {
    const drawn: Mishap[] = [];
    while (drawn.length < MOST_MISHAPS && random() < MISHAPS_PER_TURN) {
      const { targets, what, lasts } = weighted(MISHAPS, random());
      drawn.push({
        ...{ target: oneOf(targets), what },
        ...{ after: between(0, 4000), lasts: between(...lasts) },
      });
    }
    return drawn;
  }
  const turn = (user: Turn['user'], text: string): Turn => ({
    ...{ user, text, channel: oneOf(CHANNELS) },
    ...{ pause: between(100, 2500), mishaps: mishaps() },
  });

  const turns: Turn[] = [];
  let asked = 0;
  while (asked < builds) {
    const { name, user, request } = oneOf(names);
    const other = user === 'ana' ? 'ben' : 'ana';
    const chance = random();
    if (chance < 0.62) {
      const wanted = random() < 0.5 ? request : random() < 0.15 ? IMPOSSIBLE : oneOf(REQUESTS);
      turns.push(turn(user, `create ${name} ${wanted}`));
      asked += 1;
      // Two who want the same: the second one joins, or finds it ready.
      if (random() < 0.2) turns.push(turn(other, `create ${name} ${wanted}`));
    } else if (chance < 0.76) turns.push(turn(user, `cancel ${name}`));
    else if (chance < 0.9) turns.push(turn(user, `retry ${name}`));
    else turns.push(turn(user, `delete ${name} --yes`));
  }
  return { turns, names };
}

function weighted(rows: readonly Row[], chance: number): Row {
  let left = chance * rows.reduce((sum, { weight }) => sum + weight, 0);
  const found = rows.find(({ weight }) => {
    left -= weight;
    return left < 0;
  });
  return found ?? (rows[0] as Row);
}
