/**
 * What many environments cost: the bot's answers to `list`, `show`, `search` and a mistyped name, asked for
 * in the emulated Slack, its memory, and what Redis keeps of each. `help`, which reads nothing of them,
 * stands beside them: what it takes is Slack's way there and back on this machine.
 *
 *   npm run bench:size [-- --environments 100000 --packages 300 --revisions 1 --rounds 100]
 */
import { parseArgs } from 'node:util';
import { openRedis } from '../../src/adapters/redis/redis.ts';
import type { Environment, Revision } from '../../src/domain/environment.ts';
import type { LockedPackage } from '../../src/domain/lock.ts';
import type { Store } from '../../src/domain/ports.ts';
import { environment, revision } from '../answers/samples.ts';
import { startWorld, type World } from '../harness/world.ts';
import { cannotWalk } from '../harness.ts';
import {
  countOf,
  describeMachine,
  machineInWords,
  memoryOf,
  printJson,
  rounded,
} from './measuring.ts';

const { values } = parseArgs({
  options: {
    environments: { type: 'string', default: '2000' },
    packages: { type: 'string', default: '300' },
    revisions: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '100' },
  },
});
const environments = countOf('environments', values.environments);
const packages = countOf('packages', values.packages);
const revisions = countOf('revisions', values.revisions);
const rounds = countOf('rounds', values.rounds);
if (cannotWalk) {
  console.error(`Nothing to measure: ${cannotWalk}`);
  process.exit(2);
}

/** Written at the same time, so that Redis and we wait for each other less. */
const AT_ONCE = 8;
/** Packages that channels have, and how many builds of each have been installed. */
const NAMES = 3_000;
const KINDS = 40;
const TEAMS = 'growth risk sales fraud search ads churn pricing supply media'.split(' ');

const machine = describeMachine();
const world = await startWorld({ processes: [] });
try {
  const redis = openRedis(world.redis.connection, 'worker');
  // What is measured is not the disk.
  await redis.config('SET', 'appendonly', 'no');
  const before = await bytesIn(redis);
  const seedingMs = await seed(world.store);
  const bytes = (await bytesIn(redis)) - before;
  const bot = await world.start('bot');
  const answers = await ask(world);
  const megabytes = memoryOf(bot.pid);
  redis.disconnect();
  console.log(
    `${environments} environments of ${revisions} × ${packages} packages, on ${machineInWords(machine)}`,
  );
  console.table(answers);
  const kilobytes = rounded(bytes / environments / 1000);
  const milliseconds = rounded(seedingMs / environments);
  console.log(
    `Redis: ${kilobytes} kB each; the bot: ${megabytes.now} MB, ${megabytes.most} MB at most; ${milliseconds} ms to write one`,
  );
  printJson({
    ...{ bench: 'size', machine, environments, packages, revisions, rounds },
    ...{ answers, kilobytes, megabytes, milliseconds },
  });
} finally {
  await world.end();
}

async function bytesIn(redis: ReturnType<typeof openRedis>): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);
}

/** As many as are asked for, the later ones with newer packages; answers how long it took. */
async function seed(store: Store): Promise<number> {
  const started = performance.now();
  let next = 0;
  const work = async () => {
    for (let at = next++; at < environments; at = next++) {
      const { name, revisions, ...rest } = madeEnvironment(at);
      await store.claimEnvironment(name, rest.owner, rest.createdAt);
      await store.updateEnvironment(name, (known) => ({ ...known, ...rest, revisions }));
      if (at % 10_000 === 9_999) console.error(`${at + 1} environments are written`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return performance.now() - started;
}

function nameOf(at: number): string {
  return `${TEAMS[at % TEAMS.length]}-${at.toString(36)}-model`;
}

function madeEnvironment(at: number): Environment {
  const all = Array.from({ length: revisions }, (_, index) => madeRevision(at, index + 1));
  const owner = `U0OWNER${Math.floor(at / 50)}`;
  return { ...environment(nameOf(at), 0), owner, createdAt: at, revisions: all };
}

function madeRevision(at: number, number: number): Revision {
  const known = revision(number);
  const age = Math.floor((at / environments) * KINDS);
  const places = Array.from({ length: packages }, (_, index) =>
    // The first hundred are in all of them, as Python and what it needs are.
    index < 100 ? index : 100 + ((at * 7919 + index * 104_729) % (NAMES - 100)),
  );
  const locked = [...new Set(places)].map((place) =>
    madePackage(place, Math.max(0, age - ((at + place + number) % 4))),
  );
  const fingerprint = hexOf(at * 64 + number);
  return {
    ...{ ...known, fingerprint, lock: { platform: 'linux-64', packages: locked } },
    archive: { ...known.archive, sha256: fingerprint },
  };
}

function madePackage(place: number, kind: number): LockedPackage {
  const name = place === 0 ? 'numpy' : `package-${place}`;
  const file = `${name}-1.${kind}.0-py311h${hexOf(place).slice(0, 7)}_0`;
  return {
    ...{ name, version: `1.${kind}.0`, build: file.slice(name.length + 1).replace(/^[^-]*-/, '') },
    ...{ subdir: 'linux-64', channel: 'conda-forge', size: 1_000 + place },
    url: `https://conda.anaconda.org/conda-forge/linux-64/${file}.conda`,
    ...{ sha256: hexOf(place * KINDS + kind + 7), md5: hexOf(place * KINDS + kind).slice(0, 32) },
  };
}

/** 64 hexadecimal digits that differ for each number and cannot be compressed (splitmix32). */
function hexOf(number: number): string {
  let state = number | 0;
  return Array.from({ length: 8 }, () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0).toString(16).padStart(8, '0');
  }).join('');
}

/** Asks in turns; the first round is told apart, as it reads what later ones know. */
async function ask({ slack }: World) {
  const kinds: Record<string, (round: number) => string> = {
    help: () => 'help',
    list: () => 'list',
    'list, by page': (round) => `list --page ${1 + ((round * 37) % Math.ceil(environments / 20))}`,
    show: (round) => `show ${nameOf((round * 7919) % environments)}`,
    'search, all have it': () => 'search numpy',
    'search, few have it': (round) => `search package-${100 + (round % 2000)}==1.7.0`,
    'mistyped name': (round) =>
      `show ${nameOf((round * 7919) % environments).replace('model', 'mdoel')}`,
  };
  const seen = new WeakSet<object>();
  const took: Record<string, number[]> = Object.fromEntries(
    Object.keys(kinds).map((kind) => [kind, []]),
  );
  for (let round = 0; round <= rounds; round += 1) {
    for (const [kind, say] of Object.entries(kinds)) {
      const started = performance.now();
      const outcome = await slack.slash({ user: 'ana', channel: 'data-science', text: say(round) });
      if (outcome.error !== null) throw new Error(`${say(round)}: ${outcome.error}`);
      const answer = await slack.untilEphemeral('ana', (message) => !seen.has(message), {
        timeoutMs: 30_000,
      });
      took[kind]?.push(performance.now() - started);
      seen.add(answer);
      if (/does not answer/.test(JSON.stringify(answer)))
        throw new Error(`${say(round)}: no store`);
    }
  }
  return Object.entries(took).map(([kind, [first = Number.NaN, ...later]]) => {
    const sorted = later.toSorted((left, right) => left - right);
    const at = (share: number) => rounded(sorted[Math.floor(share * (sorted.length - 1))] ?? 0, 1);
    return { kind, 'first ms': rounded(first, 1), 'p50 ms': at(0.5), 'p99 ms': at(0.99) };
  });
}
