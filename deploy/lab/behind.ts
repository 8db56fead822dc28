/**
 * What the demo's page shows beside the conversation: the newest build as its parts have it. All of it is read
 * from the parts themselves: records and jobs in Redis, files on the edge, and YARN's ResourceManager.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { visibleSteps } from '../../src/answers/progress.ts';
import type { Build, StepName } from '../../src/domain/build.ts';
import { counted, duration, ordinal, size } from '../../src/domain/figures.ts';
import type { Queue, Store } from '../../src/domain/ports.ts';
import type { Aside, AsidePlace, AsideRow, AsideView, SlackEmulator } from './slack/index.ts';

export interface Parts {
  slack: SlackEmulator;
  /** Where bot and worker have their Redis. */
  redisDirectory: string;
  /** The staging root; this machine is the edge node, too. */
  root: string;
  resourceManagerUrl: string;
}

const EVERY_MS = 700;
/** The newest ones, of applications as of stagings. */
const SHOWN = 3;
const PLATFORM = 'linux-64';

/** Step → where it is done, and in a word. */
const STEPS: Readonly<Record<StepName, { place: 'host' | 'edge' | 'yarn'; word: string }>> = {
  solve: { place: 'host', word: 'Solve' },
  create: { place: 'host', word: 'Create' },
  install: { place: 'host', word: 'Install' },
  pack: { place: 'host', word: 'Pack' },
  stage: { place: 'edge', word: 'Stage' },
  verify: { place: 'yarn', word: 'Verify' },
};

interface Records {
  store: Pick<Store, 'listBuilds' | 'readBuild'>;
  queue: Pick<Queue, 'order'>;
}

/** The aside; `close` ends its connections. */
export function behind(parts: Parts): Aside & { close(): Promise<void> } {
  let opened: Promise<Records & { close(): Promise<void> }> | null = null;
  return {
    title: 'Behind it',
    everyMs: EVERY_MS,
    read: async () => {
      // With the first who looks: a demo without a browser opens nothing.
      opened ??= openRecords(parts.redisDirectory);
      return look(parts, await opened);
    },
    // Where it could not be opened, or Redis has ended before, there is nothing to close.
    close: async () => opened?.then((records) => records.close()).catch(() => {}),
  };
}

async function openRecords(redisDirectory: string) {
  const [{ createStore }, { createQueue }, { chooseSocketPath }, { REDIS_PREFIX: prefix }] =
    await Promise.all([
      import('../../src/adapters/redis/store.ts'),
      import('../../src/adapters/redis/queue.ts'),
      import('../../src/adapters/redis/server.ts'),
      import('../../src/foundation.ts'),
    ]);
  const connection = { socketPath: await chooseSocketPath(redisDirectory) };
  const store = createStore({ connection, prefix });
  const queue = createQueue({ connection, prefix });
  return {
    store,
    queue,
    close: async () => void (await Promise.all([store.close(), queue.close()])),
  };
}

async function look(parts: Parts, records: Records): Promise<AsideView> {
  const [build, waiting, staged, applications] = await Promise.all([
    newestBuild(parts.slack, records.store),
    jobsIn(records),
    onEdge(parts.root),
    applicationsOf(parts.resourceManagerUrl).catch((): AsideRow[] => [
      { label: 'ResourceManager', value: 'does not answer', tone: 'bad' },
    ]),
  ]);
  return viewOf(build, {
    asked: build ? asked(parts.slack, build) : [],
    waiting,
    staged,
    applications,
  });
}

/** The newest of those that everybody may see, as they were asked for in a public channel. */
async function newestBuild({ workspace }: SlackEmulator, store: Records['store']) {
  const builds = await store.listBuilds({ limit: 20 });
  const isPublic = (id: string) =>
    workspace.channels.some((channel) => channel.id === id && channel.kind === 'public');
  return builds.find(({ requester }) => isPublic(requester.channel)) ?? null;
}

/** What the places show: rows of each but the build's own steps. */
export interface Rows {
  asked: AsideRow[];
  waiting: AsideRow[];
  staged: AsideRow[];
  applications: AsideRow[];
}

/** The way of one build through the places, and what else is there. */
export function viewOf(build: Build | null, rows: Rows): AsideView {
  const steps = build ? visibleSteps(build) : [];
  const stepsAt = (place: string) => steps.filter(({ name }) => STEPS[name].place === place);
  const place = (title: string, key: string, none: string, more: AsideRow[] = []): AsidePlace => ({
    ...{ title, none, state: stateOf(build, stepsAt(key)) },
    rows: [...stepsAt(key).flatMap(stepRow), ...more],
  });
  const queued = build?.state === 'queued';
  return {
    subject: build ? subjectOf(build) : 'Nothing was asked for yet.',
    places: [
      { title: 'Slack', state: build ? 'done' : 'ahead', rows: rows.asked, none: 'Nobody asked.' },
      {
        ...{ title: 'Queue', rows: rows.waiting, none: 'Nobody waits.' },
        state: queued ? 'now' : build ? 'done' : 'ahead',
      },
      place('Build host', 'host', 'Nothing is built.'),
      place('Edge', 'edge', 'Nothing is staged.', rows.staged),
      place('YARN', 'yarn', 'Nothing has run.', rows.applications),
    ],
  };
}

const nameOf = ({ request, revision }: Build): string =>
  revision === null ? request.environment : `${request.environment}@${revision}`;

function subjectOf(build: Build): string {
  const since =
    build.finishedAt === null ? '' : ` in ${duration(build.finishedAt - build.queuedAt)}`;
  const how = {
    queued: 'waits for a build host',
    running: 'is on its way',
    ready: `is ready${since}`,
    failed: 'could not be built',
    cancelled: 'was cancelled',
  };
  return `${nameOf(build)} ${how[build.state]}`;
}

function stateOf(build: Build | null, steps: Build['steps']): AsidePlace['state'] {
  if (!build || steps.length === 0) return 'ahead';
  if (steps.some(({ status }) => status === 'error')) return 'failed';
  if (steps.some(({ status }) => status === 'in_progress')) return 'now';
  if (build.state === 'ready') return 'done';
  if (steps.every(({ status }) => status === 'complete')) return 'done';
  return build.state === 'running' && steps.some(({ status }) => status === 'complete')
    ? 'now'
    : 'ahead';
}

function stepRow({
  name,
  status,
  detail,
  startedAt,
  finishedAt,
}: Build['steps'][number]): AsideRow[] {
  if (status === 'pending') return [];
  const label = STEPS[name].word;
  const more = detail ? { detail } : {};
  if (status === 'error') return [{ label, value: 'failed', tone: 'bad', ...more }];
  if (status === 'in_progress')
    return [{ label, value: 'at work', tone: 'busy', ...more, ...partIn(detail ?? '') }];
  const seconds = startedAt && finishedAt ? duration(finishedAt - startedAt) : 'done';
  return [{ label, value: seconds, ...more }];
}

const UNITS: Readonly<Record<string, number>> = { kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };

/** How much is done where a step says so: `3 of 9 packages`, `900 kB of 1.2 GB`. */
function partIn(detail: string): { part?: number } {
  const [, done, unit = '', all, ofUnit = ''] =
    /([\d.]+)(?: ([kMGT]B|bytes))? of ([\d.]+)(?: ([kMGT]B|bytes))?/.exec(detail) ?? [];
  const part = (Number(done) * (UNITS[unit] ?? 1)) / (Number(all) * (UNITS[ofUnit] ?? 1));
  return part >= 0 && part <= 1 ? { part } : {};
}

function asked(slack: SlackEmulator, { requester, message }: Build): AsideRow[] {
  const user = slack.workspace.users.find(({ id }) => id === requester.user);
  const channel = slack.workspace.channels.find(({ id }) => id === requester.channel);
  const edits = slack
    .calls('chat.update')
    .filter(
      ({ args, status }) => status === 200 && message !== null && args.ts === message.ts,
    ).length;
  return [
    {
      label: `${user?.real_name ?? requester.user} in #${channel?.name}`,
      value: edits > 0 ? `edited ${edits}×` : 'asked',
      ...(requester.said ? { detail: requester.said } : {}),
    },
  ];
}

async function jobsIn({ store, queue }: Records): Promise<AsideRow[]> {
  const [builds, proofs] = await Promise.all([
    queue.order(PLATFORM, 'build'),
    queue.order(PLATFORM, 'verify'),
  ]);
  const name = async (id: string) => {
    const build = await store.readBuild(id);
    return build ? nameOf(build) : id;
  };
  return Promise.all([
    ...[...builds.active, ...proofs.active].map(async ({ buildId, purpose }) => ({
      label: await name(buildId),
      value: purpose === 'verify' ? 'being proven' : 'at work',
      tone: 'busy' as const,
    })),
    ...[builds.waiting, proofs.waiting].flatMap((waiting) =>
      waiting.map(async ({ buildId, purpose }, index) => ({
        label: await name(buildId),
        value: `${purpose === 'verify' ? 'its proof waits' : 'waits'}, ${ordinal(index + 1)}`,
      })),
    ),
  ]);
}

/** What lies on the edge, the newest first, and what starts it there. */
async function onEdge(root: string): Promise<AsideRow[]> {
  const names = (folder: string) => readdir(join(root, folder)).catch((): string[] => []);
  const [environments, started] = await Promise.all([names('envs'), names('launch')]);
  const revisions = await Promise.all(
    environments.map(async (environment) =>
      (await names(join('envs', environment)))
        .filter((name) => /^\d+$/.test(name))
        .map((number) => ({
          name: `${environment}@${number}`,
          folder: join('envs', environment, number),
        })),
    ),
  );
  const staged = await Promise.all(
    revisions.flat().map(async ({ name, folder }) => {
      const archive = (await names(folder)).find((file) => /\.(zip|tar\.gz)$/.test(file));
      const found = archive && (await stat(join(root, folder, archive)).catch(() => null));
      return found ? { name, bytes: found.size, at: found.ctimeMs } : null;
    }),
  );
  return staged
    .filter((one) => one !== null)
    .sort((one, other) => other.at - one.at)
    .slice(0, SHOWN)
    .map(({ name, bytes }, index) => ({
      ...{ label: name, value: size(bytes) },
      ...(index === 0 && started.includes(name) ? { detail: `run ${name} pyspark` } : {}),
    }));
}

/** One row of the ResourceManager's table of applications, which it writes as JSON with markup in it. */
const APPLICATION = { name: 2, startedAt: 7, state: 10, result: 11, containers: 12 } as const;

/**
 * The newest applications, and the memory that is taken. The names come from the ResourceManager's own page,
 * as the REST interface of the jars that have libhadoop leaves them out (README.md).
 */
async function applicationsOf(url: string): Promise<AsideRow[]> {
  const [page, metrics] = await Promise.all([
    fetch(`${url}/cluster/apps`).then((response) => response.text()),
    fetch(`${url}/ws/v1/cluster/metrics`).then(
      (response) => response.json() as Promise<{ allocatedMB?: number; totalMB?: number }>,
    ),
  ]);
  return [...applicationRows(page), ...memoryRow(metrics)];
}

/** The newest applications of the ResourceManager's page. */
export function applicationRows(page: string): AsideRow[] {
  const [, table = '[]'] = /appsTableData=(\[[\s\S]*?\n\])/.exec(page) ?? [];
  // It is a script's: a name may have a quote that JSON has not.
  const applications = JSON.parse(table.replaceAll("\\'", "'")) as string[][];
  const column = (row: string[], name: keyof typeof APPLICATION) => row[APPLICATION[name]] ?? '';
  return applications
    .toSorted((one, other) => Number(column(other, 'startedAt')) - Number(column(one, 'startedAt')))
    .slice(0, SHOWN)
    .map((row) => {
      const state = column(row, 'state');
      const isOver = state === 'FINISHED' || state === 'FAILED' || state === 'KILLED';
      const result = isOver ? column(row, 'result') : state;
      const containers = Number(column(row, 'containers'));
      return {
        label: column(row, 'name').replace(/^conda-ferry verify /, 'proof of '),
        value: isOver || !(containers > 0) ? result : counted(containers, 'container'),
        ...(isOver ? {} : { tone: 'busy' as const }),
        ...(isOver && result !== 'SUCCEEDED' ? { tone: 'bad' as const } : {}),
      };
    });
}

function memoryRow({ allocatedMB = 0, totalMB = 0 }: { allocatedMB?: number; totalMB?: number }) {
  if (allocatedMB === 0) return [];
  const gigabytes = (megabytes: number) => (megabytes / 1024).toFixed(1);
  return [
    {
      label: 'Memory promised',
      value: `${gigabytes(allocatedMB)} of ${gigabytes(totalMB)} GB`,
      part: allocatedMB / totalMB,
    },
  ];
}
