/**
 * An hour at noon, event by event: people ask, builds wait for their turn and a slot, are made, sent, proven
 * and told of. Turns, the order in the queue, what is promised of waiting and the pace of Slack are the
 * product's own code, by the clock of the simulation; what each thing takes is in costs.ts. The same seed
 * gives the same hour.
 */
import { secondsUntilBegun } from '../../../src/domain/estimate.ts';
import { nextTurn } from '../../../src/domain/turns.ts';
import { createBudget } from '../../../src/slack/budget.ts';
import { PACE } from '../../../src/slack/deliveries/pace.ts';
import { type BuildCost, COSTS } from './costs.ts';
import { Events, Random, Servers } from './machinery.ts';

export interface Setting {
  users: number;
  hosts: number;
  /** Builds at a time on a host, and proofs. */
  slots: number;
  bots: number;
  edges: number;
  /** Megabytes a second to one edge, and into the HDFS behind it. */
  linkMegabytes: number;
  hdfsMegabytes: number;
  /** Applications of proofs that run at a time on one cluster. */
  yarnSlots: number;
  channels: number;
  /** Of one person in an hour at noon. */
  questions: number;
  builds: number;
  /** Of the builds, how many have packages that were never packed before. */
  newShare: number;
  seed: number;
}

export const USUAL: Setting = {
  ...{ users: 10_000, hosts: 100, slots: 1, bots: 2, edges: 4 },
  ...{ linkMegabytes: 110, hdfsMegabytes: 100, yarnSlots: 50, channels: 300 },
  ...{ questions: 1.5, builds: 0.25, newShare: 0.3, seed: 1 },
};

/** Shares of what there is: 1 is all of it, more cannot be served. */
export type Resource =
  | 'Slack: edits, with all that show progress'
  | 'Slack: edits for the line and the end'
  | 'Slack: posts in the busiest channel'
  | 'bots: processors'
  | 'Redis: processor'
  | 'build hosts: slots'
  | 'edges: links'
  | 'HDFS: writing'
  | 'YARN: slots for proofs';

export interface Result {
  builds: number;
  used: Readonly<Record<Resource, number>>;
  /** Seconds from Enter to the line in Slack, and how many of those a build waited for its slot. */
  line: { median: number; worstOf100: number };
  waited: { median: number; worstOf100: number };
  /** Seconds by which what was said of waiting was wrong, in the middle; null where nobody waited. */
  promise: number | null;
  /** Edits that a newer state of the same message took the place of before Slack took them. */
  editsLeftOut: number;
}

const HOUR = 3_600;

interface Asked {
  user: number;
  at: number;
  cost: BuildCost;
  edge: number;
  turn: number;
  promised: number | null;
}

export function simulate(setting: Setting): Result {
  const random = new Random(setting.seed);
  const events = new Events();
  const { hosts, slots, edges } = setting;
  const building = new Servers(hosts * slots);
  const links = Array.from({ length: edges }, () => new Servers(1));
  const hdfs = Array.from({ length: edges }, () => new Servers(1));
  const yarn = Array.from({ length: edges }, () => new Servers(setting.yarnSlots));
  const waiting = new Queue();
  /** When each slot at work is expected to be free. */
  const running = new Set<{ until: number }>();
  const slack = new Slack(events, setting.channels);
  const line: number[] = [];
  const waited: number[] = [];
  const wrong: number[] = [];
  let progress = 0;
  let questions = 0;
  let builds = 0;

  const usual = middle(COSTS.knownBuild);
  const begin = () => {
    while (building.free > 0) {
      const asked = waiting.take();
      if (asked === null) return;
      building.take(events.now);
      const since = events.now - asked.at;
      waited.push(since);
      if (asked.promised !== null) wrong.push(Math.abs(since - asked.promised));
      make(asked);
    }
  };

  function make({ at, cost, edge, user }: Asked): void {
    const took = (name: keyof BuildCost['seconds']) =>
      cost.seconds[name] * random.spread(COSTS.spread);
    const made = took('solve') + took('create') + took('install') + took('pack');
    const slot = { until: events.now + usual };
    running.add(slot);
    const serve = (servers: Servers | undefined, seconds: number, then: () => void) =>
      servers?.serve(events, seconds, then);
    events.after(made, () =>
      serve(links[edge], cost.megabytes / setting.linkMegabytes, () => {
        const staged = took('stage');
        events.after(staged, () => {
          running.delete(slot);
          building.release(events.now);
          const message = slack.message();
          slack.edit(message, () => line.push(events.now - at));
          begin();
          serve(hdfs[edge], cost.megabytes / setting.hdfsMegabytes, () =>
            serve(yarn[edge], took('verify'), () => {
              slack.edit(message, () => {});
              slack.post(user);
            }),
          );
        });
      }),
    );
    progress += COSTS.editsOfBuild - COSTS.neededEdits;
    slack.progress(COSTS.editsOfBuild - COSTS.neededEdits, made);
  }

  const ask = (user: number) => {
    const cost = random.next() < setting.newShare ? COSTS.newBuild : COSTS.knownBuild;
    builds += 1;
    slack.post(user);
    const asked = {
      user,
      at: events.now,
      cost,
      edge: random.below(edges),
      turn: 0,
      promised: null,
    };
    const left = [...running].map(({ until }) => Math.max(0, until - events.now));
    const isFull = building.free === 0;
    const promised =
      isFull && waiting.size < 500
        ? secondsUntilBegun(
            left,
            Array.from({ length: waiting.size }, () => usual),
          )
        : null;
    waiting.add({ ...asked, promised });
    begin();
  };

  random.moments(setting.users * setting.builds, HOUR, (at) => {
    const user = random.below(setting.users);
    events.at(at, () => ask(user));
  });
  questions = setting.users * setting.questions;
  events.run(HOUR);

  const redis = questions * COSTS.answer.redisCommands + builds * COSTS.build.redisCommands;
  const idle = hosts * COSTS.idleWorkerCommands * HOUR;
  const editsAnHour = PACE.edits.perMinute * 60;
  const botMs = questions * COSTS.answer.botMs + builds * COSTS.build.botMs;
  const most = (servers: readonly Servers[]) =>
    Math.max(...servers.map((each) => each.demand / each.count / HOUR));
  return {
    builds,
    used: {
      'Slack: edits, with all that show progress': (progress + slack.needed) / editsAnHour,
      'Slack: edits for the line and the end': slack.needed / editsAnHour,
      'Slack: posts in the busiest channel': slack.mostPosts / (PACE.posts.perMinute * 60),
      'bots: processors': botMs / 1000 / HOUR / setting.bots,
      'Redis: processor': (redis + idle) / (COSTS.redisCommandsPerSecond * HOUR),
      'build hosts: slots': (building.demand + waiting.demand(usual)) / building.count / HOUR,
      'edges: links': most(links),
      'HDFS: writing': most(hdfs),
      'YARN: slots for proofs': most(yarn),
    },
    line: { median: at(line, 0.5), worstOf100: at(line, 0.99) },
    waited: { median: at(waited, 0.5), worstOf100: at(waited, 0.99) },
    promise: wrong.length === 0 ? null : at(wrong, 0.5),
    editsLeftOut: slack.leftOut,
  };
}

/** At how many people all of each resource is used, by an hour with fewer; what is used up first comes first. */
export function breaksAt({ users, hosts }: Setting, { used }: Result): [Resource, number][] {
  const idle = (hosts * COSTS.idleWorkerCommands) / COSTS.redisCommandsPerSecond;
  return (Object.entries(used) as [Resource, number][])
    .map(([resource, share]): [Resource, number] => {
      const unasked = resource === 'Redis: processor' ? idle : 0;
      return [resource, Math.round((users * (1 - unasked)) / (share - unasked))];
    })
    .sort(([, left], [, right]) => left - right);
}

const middle = ({ seconds }: BuildCost): number =>
  seconds.solve + seconds.create + seconds.pack + seconds.stage;

function at(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** Builds that wait, in the order of the product's queue: by turn, and of one turn as they came. */
class Queue {
  readonly #turns = new Map<number, Asked[]>();
  readonly #last = new Map<number, number>();
  size = 0;

  add(asked: Asked): void {
    const current = this.size === 0 ? null : Math.min(...this.#turns.keys());
    if (current === null) this.#last.clear();
    const turn = nextTurn({ current, last: this.#last.get(asked.user) ?? null });
    this.#last.set(asked.user, turn);
    this.#turns.set(turn, [...(this.#turns.get(turn) ?? []), { ...asked, turn }]);
    this.size += 1;
  }

  take(): Asked | null {
    if (this.size === 0) return null;
    const turn = Math.min(...this.#turns.keys());
    const jobs = this.#turns.get(turn) ?? [];
    const first = jobs.shift() ?? null;
    if (jobs.length === 0) this.#turns.delete(turn);
    this.size -= 1;
    return first;
  }

  /** Seconds of slots that those who wait still need. */
  demand(each: number): number {
    return this.size * each;
  }
}

/** Slack as the leading bot calls it: edits in one allowance, posts in one for each channel. */
class Slack {
  readonly #events: Events;
  readonly #channels: number;
  readonly #edits;
  /** What waits to be told of each message, the one that waits for longest first. */
  readonly #waiting = new Map<number, (() => void)[]>();
  #messages = 0;
  needed = 0;
  readonly #posts = new Map<number, number>();
  leftOut = 0;
  #isAwake = false;

  constructor(events: Events, channels: number) {
    this.#events = events;
    this.#channels = channels;
    this.#edits = createBudget({ ...PACE.edits, now: () => events.now * 1000 });
  }

  get mostPosts(): number {
    return Math.max(0, ...this.#posts.values());
  }

  post(user: number): void {
    // A few channels have most of the people, as everywhere.
    const channel = Math.floor(this.#channels * ((user % 1000) / 1000) ** 2);
    this.#posts.set(channel, (this.#posts.get(channel) ?? 0) + 1);
  }

  message(): number {
    this.#messages += 1;
    return this.#messages;
  }

  /** The line and the end are never left out; what comes while one waits for its turn goes with it. */
  edit(message: number, sent: () => void): void {
    this.needed += 1;
    this.#waiting.set(message, [...(this.#waiting.get(message) ?? []), sent]);
    this.#send();
  }

  /** What only tells how far a build is, within so many seconds; a newer state takes the place of one that waits. */
  progress(count: number, seconds: number): void {
    for (let edit = 1; edit <= count; edit += 1) {
      this.#events.after((edit * seconds) / count, () => {
        if (this.#waiting.size > 0 || this.#edits.take() > 0) this.leftOut += 1;
      });
    }
  }

  #send(): void {
    for (const [message, told] of this.#waiting) {
      const wait = this.#edits.take();
      if (wait > 0) {
        if (!this.#isAwake) {
          this.#isAwake = true;
          this.#events.after(wait / 1000, () => {
            this.#isAwake = false;
            this.#send();
          });
        }
        return;
      }
      this.#waiting.delete(message);
      for (const sent of told) sent();
    }
  }
}
