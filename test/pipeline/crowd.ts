/**
 * All who take part, at once: people, workers, bots, duties, over three names and two edges, with what
 * chance has them do. The same seed has them do the same.
 */
import type { Archive } from '../../src/domain/archive.ts';
import type { Build } from '../../src/domain/build.ts';
import { FerryError } from '../../src/domain/errors.ts';
import type { PackRequest, Progress } from '../../src/domain/ports.ts';
import type { Settings } from '../../src/domain/services.ts';
import { OUTCOME_NAMES } from '../../src/domain/subscription.ts';
import { type DutyPorts, doDuties } from '../../src/pipeline/duties.ts';
import { runErrand } from '../../src/pipeline/errands/run.ts';
import { createOutbox } from '../../src/slack/deliveries/outbox.ts';
import { PACE } from '../../src/slack/deliveries/pace.ts';
import { settings } from '../answers/samples.ts';
import { Random } from '../harness/random.ts';
import { Conversations } from './conversations.ts';
import { APPROVER, DEEDS, OPERATOR, PEOPLE } from './deeds.ts';
import type { Ended, Gate, Process } from './driving.ts';
import { judgeCrowd } from './judging-crowd.ts';
import { Life, never, type Parts, requireSaid, through } from './lives.ts';
import { locked } from './world.ts';

const DUTIES = [
  'reconcile',
  'remove-let-go',
  'retention',
  'forget-builds',
  'remove-unproven',
  'schedules',
  'sweep-archives',
  'sweep-edges',
];

/** How many there are of each; what they do is a matter of chance. Of all bots one tells. */
const CAST = { people: 12, workers: 3, bots: 1, duties: 4 } as const;
/** With what happens to packages, the time and the link. */
export const CAST_SIZE = CAST.people + CAST.workers + CAST.bots + CAST.duties + 3;
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const SETTINGS: Settings = {
  ...settings,
  operators: [OPERATOR],
  roles: [
    {
      ...{ name: 'release', members: [APPROVER], commands: [], edges: [], channels: [] },
      ...{ indexes: [], projects: [], tags: [] },
    },
  ],
  approvals: [
    {
      ...{ edges: ['madrid'], channels: [], tags: ['prod'], projects: false },
      ...{ by: 'release', count: 1, where: null },
    },
  ],
  quota: { ...settings.quota, builds: 3, environments: 2 },
  retention: { expireDays: 4, remindDays: 1, keepRevisions: 2, usedDays: 0 },
};

/** What somebody was answered. */
export interface Answered {
  deed: string;
  by: string;
  answer: unknown;
}

export class Crowd extends Life {
  readonly slack = new Conversations();
  readonly answers: Answered[] = [];
  readonly log: string[] = [];
  /** The archives on each build host, by fingerprint, and when they were touched last. */
  readonly hosts = new Map<string, Map<string, { sha256: string; at: number }>>();
  /** People who were killed: what they had begun they may say again. */
  readonly killed: string[] = [];
  readonly #seed: number;
  /** Marks and leases that somebody alive holds, and who. */
  readonly #holders = new Map<string, string>();
  readonly #seen = new Set<string>();
  #caller = '';
  #release = 0;

  /** `only`: numbers of those who take part; null for all. */
  constructor(seed: number, only: ReadonlySet<number> | null) {
    super({ edges: ['lab', 'madrid'], settings: SETTINGS, retention: SETTINGS.retention });
    this.#seed = seed;
    this.packedBy = (name) => (name.startsWith('worker2') ? 'a newer engine' : 'an engine');
    const random = new Random(seed);
    for (const node of this.nodes.values()) {
      const { printed } = node;
      node.printed = () => (random.chance(0.15) ? 'nothing' : printed());
    }
    for (const [key, each] of [...this.store.subscriptions]) {
      const all = { ...each, environment: null, outcomes: OUTCOME_NAMES };
      this.store.subscriptions.set(key, all);
    }
    const cast = this.#cast().filter((_, number) => only === null || only.has(number));
    this.processes.push(...cast.map((each) => this.#watched(each)));
  }

  /** What it holds is nobody's once it is killed. */
  #watched(process: Process): Process {
    const { name } = process;
    const killed = () => {
      process.killed?.();
      for (const [held, by] of this.#holders) if (by === name) this.#holders.delete(held);
    };
    return { ...process, killed };
  }

  #cast(): Process[] {
    const several = (count: number, make: (name: string, random: Random) => Process, of: string) =>
      Array.from({ length: count }, (_, index) => {
        const name = `${of}${index}-`;
        return make(name, new Random(this.#seed * 1_000 + index + of.length * 100));
      });
    return [
      ...several(CAST.people, (name, random) => this.#person(name, random), 'person'),
      ...several(CAST.workers, (name) => this.workerOf(name), 'worker'),
      ...several(CAST.bots, (name) => this.#bot(name), 'bot'),
      ...several(CAST.duties, (name, random) => this.#duty(name, random), 'duty'),
      this.#once('releases', (gate) => gate('publish', () => (this.#release += 1))),
      this.#once('time', (gate, random) => this.#passing(gate, random)),
      this.#once('link', (gate, random) => this.#cut(gate, random)),
    ];
  }

  protected override isAsked(call: string): boolean {
    return !UNASKED.has(call);
  }

  protected override clockOf(name: string): number {
    const [, digits = '0'] = /(\d)/.exec(name) ?? [];
    return (Number(digits) - 1) * 700;
  }

  override partsOf(name: string, gate: Gate): Parts & { ports: DutyPorts } {
    const ticking: Gate = (call, made, isReady) =>
      gate(
        call,
        () => {
          this.now += 3;
          this.#caller = name;
          return made();
        },
        isReady,
      );
    const parts = super.partsOf(name, ticking);
    const { services, errands } = parts;
    const host = this.#hostOf(name);
    const { pack } = parts.ports.packer;
    const ports = {
      ...parts.ports,
      services,
      engine: { ...parts.ports.engine, solve: this.#solve },
      packer: {
        ...parts.ports.packer,
        pack: async (request: PackRequest, progress: Progress) => {
          const packed = await pack(request, progress);
          const { sha256 } = packed.archive;
          host.set(fingerprintOf(request.output), { sha256, at: this.now });
          return packed;
        },
      },
      workspace: {
        ...parts.ports.workspace,
        holdsArchive: async (path: string, { sha256 }: Archive) =>
          host.get(fingerprintOf(path))?.sha256 === sha256,
        removeArchive: (fingerprint: string) =>
          ticking('remove from host', () => void host.delete(fingerprint)),
        sweepArchives: async (kept: ReadonlySet<string>) => {
          const isOld = ([each, { at }]: [string, { at: number }]) =>
            !kept.has(each) && this.now - at > DAY;
          const gone = [...host].filter(isOld).map(([fingerprint]) => fingerprint);
          for (const fingerprint of gone) host.delete(fingerprint);
          return gone;
        },
      },
    };
    const reporting = { signal: never, log: this.#say, detail() {} };
    errands.worker = (errand) => runErrand(ports, errand, reporting);
    return { ...parts, ports };
  }

  readonly #say = (line: string): void => void this.log.push(line);

  readonly #solve = async ({ specs }: { specs: readonly { name: string }[] }) => ({
    platform: 'linux-64' as const,
    packages: specs.map((spec) => locked(`${spec.name} 1.${this.#release}`)),
  });

  /** Duties and errands are done by workers. */
  #hostOf(name: string) {
    const key = /worker\d/.exec(name)?.[0] ?? 'worker0';
    const known = this.hosts.get(key) ?? new Map<string, { sha256: string; at: number }>();
    this.hosts.set(key, known);
    return known;
  }

  #person(name: string, random: Random): Process {
    const by = { user: random.pick(PEOPLE), channel: 'C0CHURN', team: null };
    const begin = async (gate: Gate): Promise<void> => {
      const { services } = this.partsOf(name, gate);
      for (let count = 1 + random.below(5); count > 0; count -= 1) {
        const deed = random.chance(0.3) ? 'create' : random.pick(Object.keys(DEEDS));
        await gate(`comes to ${deed} as ${by.user}`, () => undefined);
        const doing = { services, store: this.store, by, random };
        const answer = await this.#answered(deed, by.user, DEEDS[deed]?.(doing) ?? null);
        const { build = null } = (answer ?? {}) as { build?: Build | null };
        if (build === null || build.message || random.chance(0.2)) continue;
        await services.attachMessage(build.id, { channel: by.channel, ts: build.id });
      }
    };
    return { name, begin, killed: () => void this.killed.push(name) };
  }

  async #answered(deed: string, by: string, asked: Promise<unknown> | null) {
    try {
      const answer = await asked;
      if (asked !== null) this.answers.push({ deed, by, answer });
      return answer;
    } catch (error) {
      if (!(error instanceof FerryError) || error.kind === 'defect') throw error;
      this.answers.push({ deed, by, answer: error });
      return null;
    }
  }

  #bot(name: string): Process {
    const begin = async (gate: Gate): Promise<void> => {
      for (let round = 0; round < 6; round += 1) {
        await gate('comes to tell', () => undefined);
        await this.tell(name, gate);
      }
    };
    return { name, begin, isReplaced: true };
  }

  /** A bot that begins sends what is due. */
  async tell(name: string, gate: Gate): Promise<void> {
    const { ports } = this.partsOf(name, gate);
    const { store, clock } = ports;
    const log = { info() {}, warn() {}, error: (_: object, line: string) => this.#say(line) };
    const chat = this.slack.chat(gate);
    const outbox = createOutbox({ store, clock, chat, log, settings: SETTINGS, pace: PACE });
    await outbox.sendDue(never);
  }

  #duty(name: string, random: Random): Process {
    const begin = async (gate: Gate): Promise<void> => {
      const host = `worker${random.below(CAST.workers)} ${name}`;
      for (let round = 0; round < 3; round += 1) {
        const duty = random.pick(DUTIES);
        await gate(`comes to ${duty}`, () => undefined);
        await this.do(host, gate, [duty]);
      }
    };
    return { name, begin, isReplaced: true };
  }

  async do(host: string, gate: Gate, duties: readonly string[] = DUTIES): Promise<void> {
    const named = async (name: string) => duties.some((each) => name.startsWith(each));
    const reporting = { signal: never, log: this.#say };
    await doDuties(this.partsOf(host, gate).ports, { all: named, host: named }, reporting);
  }

  #once(name: string, act: (gate: Gate, random: Random) => Promise<unknown>): Process {
    const begin = (gate: Gate) => act(gate, new Random(this.#seed + name.length));
    return { name, begin };
  }

  /** Nobody stands still for that long while they remove or tell something: they would not go on. */
  async #passing(gate: Gate, random: Random): Promise<void> {
    for (const span of [MINUTE, 30 * MINUTE, DAY, 2 * DAY].slice(random.below(4))) {
      await gate(
        `${span / MINUTE} minutes pass`,
        () => {
          this.now += span;
        },
        () => this.#holders.size === 0,
      );
    }
  }

  override look(): void {
    super.look();
    const held = this.#held();
    for (const each of held) {
      if (!this.#seen.has(each)) this.#holders.set(each, this.#caller);
      this.#seen.add(each);
    }
    for (const each of this.#holders.keys()) if (!held.has(each)) this.#holders.delete(each);
  }

  #held(): Set<string> {
    const { environments, builds, notices } = this.store;
    const revisions = [...environments.values()].flatMap((each) => each.revisions);
    const leaving = [...revisions, ...builds.values()].flatMap(({ stagings }) =>
      stagings.flatMap(({ leaving }) => leaving?.by ?? []),
    );
    const leased = [...notices.values()].filter(({ leasedUntil }) => leasedUntil > this.now);
    return new Set([...leaving, ...leased.map(({ id, leasedUntil }) => `${id} ${leasedUntil}`)]);
  }

  /** An edge is away for a while. */
  async #cut(gate: Gate, random: Random): Promise<void> {
    const node = random.pick([...this.nodes.values()]);
    await gate(`cuts ${node.name} off`, () => {
      node.isAway = true;
    });
    await gate(`brings ${node.name} back`, () => {
      node.isAway = false;
    });
  }

  override async end(ended: readonly Ended[]): Promise<void> {
    requireSaid(ended);
    for (const node of this.nodes.values()) node.isAway = false;
    for (const wait of [0, 45 * MINUTE, 2 * DAY, 2 * DAY]) {
      this.now += wait;
      for (let round = 0; round < 3; round += 1) {
        for (const host of [...this.hosts.keys()]) await this.do(host, through);
        await this.workAll();
        await this.tell('end', through);
        this.look();
        this.now += 2 * MINUTE;
      }
    }
    await judgeCrowd(this);
  }
}

/** What is read or written of these decides nothing, or is read at once and as a whole. */
const UNASKED: ReadonlySet<string> = new Set([
  ...['appendLog', 'readLog', 'everyOutline', 'everyOldBuild', 'auditEntries', 'watch'],
  ...['readTimings', 'addTiming', 'learnModules', 'readModules', 'removeProgress'],
]);

const fingerprintOf = (path: string): string => path.split('/')[2] ?? '';
