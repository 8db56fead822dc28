/**
 * A crash sweep over real processes: two bots and three workers on one Redis, an edge node behind a
 * link, and Slack's emulator, of which now one and now the other is killed, frozen, stopped or cut
 * while people ask for environments; then all come back, and what is promised must hold
 * (`oracle.ts`). A seed says who asks for what and what happens when (`schedule.ts`); which call of
 * which process it then meets is up to the machine, so a seed that fails once may pass again: what
 * was done, and when, is in the journal.
 *
 * What is away of Slack is its Web API, and sockets it has told to go; what people do in Slack is
 * acknowledged by whichever bot is there.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Link, startLink } from '../../deploy/lab/edge/link.ts';
import { isSettled } from '../../src/domain/build.ts';
import { Kept, STOP_SECONDS } from '../harness/kept.ts';
import { startProduct } from '../harness/product.ts';
import { startWorld, type World } from '../harness/world.ts';
import { type Mishap, planOf, type Target, type Turn } from './schedule.ts';
import { whatIsWrong } from './settled.ts';

export interface Swept {
  /** Sentences: what does not hold. */
  problems: string[];
  /** What was done, and when. */
  journal: string[];
  /** What the processes under test logged, by their names. */
  logs: Record<string, string>;
  builds: number;
  /** What happened to whom, and how often: `kill worker`. */
  mishaps: Record<string, number>;
  seconds: number;
}

/** Builds that may be waiting or at work before somebody asks for another one. */
const MOST_OPEN = 5;
/** What comes of the last fault within this time is part of what is promised: leases, and rounds of duties. */
const SETTLE_SECONDS = 180;

/** Everything that can go wrong, and what people do meanwhile. */
class Sweep {
  readonly journal: string[] = [];
  readonly mishaps: Record<string, number> = {};
  readonly problems: string[] = [];
  readonly kept = new Map<Target, Kept>();
  readonly #world: World;
  readonly #api: Link;
  readonly #away = new Set<Target>();
  readonly #began = Date.now();
  readonly #tell: (line: string) => void;

  constructor(world: World, api: Link, tell: (line: string) => void) {
    this.#world = world;
    this.#api = api;
    this.#tell = tell;
    const environment = { ...world.environment, TMPDIR: join(world.directory, 'tmp') };
    for (const [target, command] of PROCESSES) {
      const words = [command, '--config', world.configFile];
      this.kept.set(target, new Kept(() => startProduct(words, environment)));
    }
  }

  note(line: string): void {
    const at = `${((Date.now() - this.#began) / 1000).toFixed(1)} s`.padStart(8);
    this.journal.push(`${at}  ${line}`);
    this.#tell(`${at}  ${line}`);
  }

  async take(turn: Turn): Promise<void> {
    await this.#untilRoom();
    // Where no bot is there Slack says so, and nothing of ours would be asked.
    await this.#until(() => this.#world.slack.connections() > 0);
    const happening = turn.mishaps.map((mishap) => this.#happen(mishap));
    this.note(`${turn.user}: ${turn.text}`);
    // Somebody may be frozen who has it: people do not wait for that.
    const asked = this.#world.slack
      .slash({ user: turn.user, channel: turn.channel, text: turn.text })
      .then(({ error }) => error && this.note(`  ${turn.text}: ${error}`));
    await Promise.race([asked, wait(turn.pause)]);
    await wait(turn.pause);
    this.#running.push(...happening, asked);
  }

  readonly #running: Promise<unknown>[] = [];

  /** Everything is back, and everybody has been answered. */
  async allOver(): Promise<void> {
    await Promise.all(this.#running);
  }

  async #untilRoom(): Promise<void> {
    const { store } = this.#world;
    const isRoom = await this.#until(async () => {
      const builds = await store.listBuilds({ limit: 60 }).catch(() => null);
      return builds !== null && builds.filter((each) => !isSettled(each)).length < MOST_OPEN;
    });
    if (!isRoom) this.note('nothing has ended for long: people ask all the same');
  }

  /** False where that takes longer than what is promised. */
  async #until(look: () => Promise<boolean> | boolean): Promise<boolean> {
    const deadline = Date.now() + SETTLE_SECONDS * 1000;
    while (!(await look())) {
      if (Date.now() > deadline) return false;
      await wait(100);
    }
    return true;
  }

  async #happen({ target, what, after, lasts }: Mishap): Promise<void> {
    await wait(after);
    if (this.#away.has(target)) return;
    this.#away.add(target);
    const seconds = (lasts / 1000).toFixed(1);
    this.note(`  ${what} ${target}${lasts > 0 ? `, for ${seconds} s` : ''}`);
    const kind = `${what} ${target.replace(/ \d$/, '')}`;
    this.mishaps[kind] = (this.mishaps[kind] ?? 0) + 1;
    try {
      await this.#do(target, what, lasts);
    } finally {
      this.#away.delete(target);
    }
  }

  async #do(target: Target, what: string, lasts: number): Promise<void> {
    const kept = this.kept.get(target);
    if (kept) return this.#toProcess(kept, target, what, lasts);
    const { redis, edge, slack } = this.#world;
    const deeds: Record<string, [begin: () => unknown, end: () => unknown]> = {
      'kill redis': [redis.kill, redis.start],
      'freeze redis': [redis.freeze, redis.thaw],
      'kill sshd': [edge.kill, edge.start],
      'freeze sshd': [edge.freeze, edge.thaw],
      'cut link': [edge.link.cutNow, () => undefined],
      'freeze link': [() => hold(edge.link), edge.link.thaw],
      'refuse link': [() => shut(edge.link), () => open(edge.link)],
      'freeze slack': [() => hold(this.#api), this.#api.thaw],
      'refuse slack': [
        () => {
          shut(this.#api);
          slack.faults.disconnect();
        },
        () => open(this.#api),
      ],
      'lose replies slack': [
        () => {
          slack.faults.next('chat.postMessage', { loseReply: true });
          slack.faults.next('chat.update', { loseReply: true });
        },
        () => undefined,
      ],
      'say later slack': [
        () => {
          slack.faults.next('chat.postMessage', { retryAfter: 2 });
          slack.faults.next('chat.update', { retryAfter: 2 });
        },
        () => undefined,
      ],
    };
    const [begin, end] = deeds[`${what} ${target}`] ?? [];
    if (!begin || !end) throw new Error(`nobody knows how to ${what} ${target}`);
    await begin();
    await wait(lasts);
    await end();
  }

  async #toProcess(kept: Kept, target: Target, what: string, lasts: number): Promise<void> {
    if (what === 'freeze') {
      const { pid } = kept;
      kept.signal('SIGSTOP');
      await wait(lasts);
      if (kept.pid === pid) kept.signal('SIGCONT');
      return;
    }
    const { code, seconds } = await kept.end(what === 'kill' ? 'SIGKILL' : 'SIGTERM');
    // The signal itself ends one that has not begun.
    if (what === 'stop' && ((code ?? 0) !== 0 || seconds > STOP_SECONDS)) {
      this.problems.push(
        `${target} was told to stop and ended with ${code} after ${seconds.toFixed(1)} s`,
      );
    }
    await wait(lasts);
    kept.again();
  }
}

const PROCESSES: readonly (readonly [Target, 'bot' | 'worker'])[] = [
  ['bot 1', 'bot'],
  ['bot 2', 'bot'],
  ['worker 1', 'worker'],
  ['worker 2', 'worker'],
  ['worker 3', 'worker'],
];

function hold(link: Link): void {
  link.faults.frozen = true;
}

function shut(link: Link): void {
  link.faults.refuse = true;
  link.cutNow();
}

function open(link: Link): void {
  link.faults.refuse = false;
}

/** `tell` hears of each line of the journal as it is written. */
export async function sweep(
  { seed, builds }: { seed: number; builds: number },
  tell: (line: string) => void = () => undefined,
): Promise<Swept> {
  const began = Date.now();
  const { turns, names } = planOf(seed, builds);
  const world = await startWorld({
    processes: [],
    configure: ({ directory }, [edge]) => ({
      edges: [{ ...edge, env: { ...edge.env, TMPDIR: join(directory, 'edge-tmp') } }],
    }),
  });
  const { slack } = world;
  const api = await startLink({ host: '127.0.0.1', port: Number(new URL(slack.apiUrl).port) });
  try {
    const text = readFileSync(world.configFile, 'utf8');
    const behind = slack.apiUrl.replace(/:\d+/, `:${api.port}`);
    writeFileSync(world.configFile, text.replace(slack.apiUrl, behind));
    for (const folder of ['tmp', 'edge-tmp']) mkdirSync(join(world.directory, folder));
    const swept = new Sweep(world, api, tell);
    try {
      await world.until('Slack’s sockets', () => slack.connections() > 1, 60);
      for (const turn of turns) await swept.take(turn);
      await swept.allOver();
      swept.note('everything is back');
      slack.faults.clear();
      const processes = [...swept.kept.values()];
      const problems = await whatIsWrong(world, {
        names,
        seconds: SETTLE_SECONDS,
        printed: () => processes.map((each) => each.printed()).join('\n'),
        pids: () => processes.map(({ pid }) => pid),
        restart: () => restart(processes),
        stop: () => stop(processes),
      });
      for (const [target, { surprises }] of swept.kept) {
        for (const each of surprises) swept.note(`${target} ${each}`);
      }
      return {
        problems: [...swept.problems, ...problems],
        ...{ journal: swept.journal, mishaps: swept.mishaps },
        logs: Object.fromEntries([...swept.kept].map(([name, each]) => [name, each.printed()])),
        builds: (await world.store.listBuilds({ limit: 10_000 })).length,
        seconds: (Date.now() - began) / 1000,
      };
    } finally {
      await stop([...swept.kept.values()]);
    }
  } finally {
    await api.stop();
    await world.end();
  }
}

async function stop(processes: readonly Kept[]): Promise<void> {
  await Promise.all(processes.map((each) => each.end('SIGTERM')));
}

async function restart(processes: readonly Kept[]): Promise<void> {
  await stop(processes);
  for (const each of processes) each.again();
}
