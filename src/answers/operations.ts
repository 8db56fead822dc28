import { counted, duration, size } from '../domain/figures.ts';
import type {
  BuildSight,
  EdgeSight,
  EndedBuilds,
  Operations,
  QueueSight,
  WorkerSight,
} from '../domain/operations.ts';
import { isPresent, takesWork } from '../domain/presence.ts';
import type { Reply } from '../domain/reply.ts';
import type { Settings } from '../domain/services.ts';
import {
  bold,
  code,
  type Document,
  date,
  heading,
  type Inline,
  list,
  type Part,
  prose,
  small,
  user,
  words,
} from './document.ts';
import { andMore } from './lists.ts';
import { line } from './outside.ts';

/** Workers and edges of each list: what is more is counted. */
const MOST_SHOWN = 20;

/** Queues, workers, edges and what came of the builds of a day. */
export function describeOperations(
  { operations }: Extract<Reply, { kind: 'operations' }>,
  _settings: Settings,
): Document {
  const { at, queues, workers, edges, ended } = operations;
  const present = workers.filter((worker) => isPresent({ ...worker, work: [] }, at));
  const waiting = queues.reduce((sum, queue) => sum + queue.waiting, 0);
  const active = queues.reduce((sum, queue) => sum + queue.active, 0);
  const summary = `${counted(present.length, 'worker')}, ${active} at work, ${waiting} waiting`;
  return {
    summary,
    parts: [
      heading('Queues'),
      list(queues.filter(isWorthTelling).map(queueLine)),
      heading('Workers'),
      ...(workers.length === 0
        ? [prose('No worker has told of itself: nobody takes what is asked for.')]
        : [list(workers.slice(0, MOST_SHOWN).map((worker) => workerLine(worker, at)))]),
      ...andMore(workers.length - MOST_SHOWN),
      ...unserved(operations),
      heading('Edges'),
      list(edges.slice(0, MOST_SHOWN).map(edgeLine)),
      ...andMore(edges.length - MOST_SHOWN),
      heading(`Builds of the last ${ended.hours} hours`),
      list(endedLines(ended)),
      ...(ended.isPart ? [small('There were more; the newest are counted.')] : []),
    ],
  };
}

/** Platforms that queues are for, and no worker that is there; where there is none at all, that says it. */
function unserved({ at, queues, workers }: Operations): Part[] {
  if (workers.length === 0) return [];
  const served = workers.filter((worker) => takesWork({ ...worker, work: [] }, at));
  return [...new Set(queues.map(({ platform }) => platform))]
    .filter((platform) => !served.some((worker) => worker.platform === platform))
    .map((platform) => prose(`⚠️ No worker takes builds for ${platform}.`));
}

/** Errands are told of while there are any: each ends within seconds. */
const isWorthTelling = ({ queue, waiting, active, delayed }: QueueSight): boolean =>
  queue !== 'errands' || waiting + active + delayed > 0;

function queueLine({
  queue,
  platform,
  waiting,
  active,
  delayed,
  oldestSeconds,
  oldest,
}: QueueSight) {
  return words(
    bold(queue),
    ` of ${platform}: ${active} at work, ${waiting} waiting`,
    delayed > 0 ? `, ${delayed} to be tried again` : '',
    oldestSeconds > 0 ? `; the longest for ${duration(oldestSeconds * 1000)}` : '',
    oldest ? [...words(', '), ...buildWords(oldest)] : '',
  );
}

function buildWords({ id, environment, user: by }: BuildSight): Inline[] {
  return words(code(environment, 60), ' of ', user(by), ' ', code(id, 60));
}

const DOES = { build: 'builds', verify: 'proves' } as const;
/** Of a worker that is gone: somebody else goes on with it. */
const DID = { build: 'was building', verify: 'was proving' } as const;

function workerLine(worker: WorkerSight, at: number): Inline[] {
  const { id, version, platform, concurrency, freeSlots, startedAt, work, isDraining } = worker;
  const isThere = isPresent({ ...worker, work: [] }, at);
  const state = !isThere
    ? `not heard of for ${duration(at - worker.at)}`
    : isDraining
      ? 'draining: it takes no more'
      : `${freeSlots} of ${counted(concurrency, 'slot')} free`;
  return words(
    isThere ? '' : '⚠️ ',
    bold(line(id, 80)),
    ` ${line(version, 40)}, ${platform}, since `,
    date(startedAt),
    `: ${state}`,
    ...work.flatMap((each): (string | Inline | Inline[])[] => [
      `; ${(isThere ? DOES : DID)[each.purpose]} `,
      each.build ? buildWords(each.build) : code(each.id, 60),
      isThere ? ` for ${duration(at - each.since)}` : '',
    ]),
  );
}

function edgeLine({ name, freeBytes, freeze }: EdgeSight): Inline[] {
  const isKnown = freeBytes !== null;
  return words(
    bold(name),
    isKnown ? `: ${size(freeBytes)} free when last used` : ': free space not known yet',
    ...(freeze
      ? [
          words(
            '; frozen by ',
            user(freeze.user),
            ' since ',
            date(freeze.at),
            `: ${line(freeze.why, 200)}`,
          ),
        ]
      : []),
  );
}

function endedLines({ ready, cancelled, failed }: EndedBuilds): Inline[][] {
  const all = failed.reduce((sum, { count }) => sum + count, 0);
  const causes = failed.flatMap(({ code: cause, count }, at) => [
    at === 0 ? ': ' : ', ',
    code(cause, 60),
    ` ${count}`,
  ]);
  return [
    words(`${ready} ready`),
    words(`${all} failed`, ...causes),
    words(`${cancelled} cancelled`),
  ];
}
