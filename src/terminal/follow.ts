import { labelOf } from '../answers/buttons.ts';
import type { Task } from '../answers/document.ts';
import { linesOf, shortest } from '../answers/invocation.ts';
import { progress } from '../answers/progress.ts';
import { MARKS } from '../answers/text.ts';
import { type Build, isSettled } from '../domain/build.ts';
import type { Outlook } from '../domain/estimate.ts';
import { duration } from '../domain/figures.ts';
import type { Clock, Store } from '../domain/ports.ts';
import { isWatched, openBlock, ROOMY, shareOf, type View } from './block.ts';
import type { Line } from './line.ts';

export interface FollowPorts {
  store: Store;
  clock: Clock;
  /** What is to be expected of it by now. */
  outlook(build: Build): Promise<Outlook | null>;
}

/**
 * Shows a build on standard error until it has ended, and resolves with it: to whoever watches in a block that
 * is drawn anew, and else each step on a line of its own as it ends. Rejects with the reason of `signal`.
 */
export async function follow(
  first: Build,
  { store, clock, outlook }: FollowPorts,
  signal?: AbortSignal,
): Promise<Build> {
  let build = first;
  let expected: { outlook: Outlook | null; at: number } = { outlook: null, at: clock.now() };
  const shown = new Set<string>();
  const ended = Promise.withResolvers<void>();
  const say = (line: string) => {
    if (shown.has(line)) return;
    shown.add(line);
    process.stderr.write(`${line}\n`);
  };
  const block = openBlock((view) => {
    const now = clock.now();
    return linesFor(build, afterwards(expected.outlook, now - expected.at), now, view);
  });
  const look = async () => {
    const read = await store.readBuild(first.id);
    if (read === null) return ended.resolve();
    build = read;
    if (isWatched()) expected = { outlook: await outlook(build), at: clock.now() };
    else for (const line of endedSteps(build)) say(line);
    if (!isSettled(build)) {
      for (const entry of linesOf(build).lines) say(`  ${shortest(entry)}`);
    } else ended.resolve();
    block.draw();
  };
  const abort = () => ended.reject(signal?.reason);
  signal?.addEventListener('abort', abort);
  const stop = await store.watch((id) => {
    if (id === first.id) look().catch(ended.reject);
  });
  try {
    signal?.throwIfAborted();
    await look();
    await ended.promise;
  } finally {
    signal?.removeEventListener('abort', abort);
    await stop();
    block.close({ keep: isSettled(build) });
  }
  return build;
}

const endedSteps = ({ steps }: Build): string[] =>
  steps.flatMap(({ name, status, detail, finishedAt }) =>
    finishedAt === null ? [] : [`${status === 'error' ? '✗' : '✓'} ${name}: ${detail ?? status}`],
  );

function afterwards(outlook: Outlook | null, milliseconds: number): Outlook | null {
  const { seconds = null } = outlook ?? {};
  return outlook && seconds !== null
    ? { ...outlook, seconds: Math.max(0, seconds - milliseconds / 1000) }
    : outlook;
}

/** The name, how far it is, and a line for each step. */
export function linesFor(
  build: Build,
  outlook: Outlook | null,
  now: number,
  { columns, wheel }: View,
): Line[] {
  const part = progress(build, outlook);
  if (part.kind !== 'tasks') return [];
  const width = Math.max(...part.tasks.map(({ title }) => title.length));
  const since = (id: string) => build.steps.find(({ name }) => name === id)?.startedAt ?? now;
  const task = ({ id, title, status, detail }: Task): Line => {
    const { sign, role } = MARKS[status];
    const isAtWork = status === 'in_progress';
    const told = [detail, ...(isAtWork ? [duration(now - since(id))] : [])].filter(Boolean);
    return [
      ...['  ', { text: isAtWork ? wheel : sign, role }, ' '],
      isAtWork ? { text: title, role: 'title' } : title,
      columns < ROOMY ? ' ' : ' '.repeat(width - title.length + 2),
      ...shareOf(isAtWork ? (detail ?? '') : '', columns),
      told.join(' · '),
    ];
  };
  return [
    [
      { text: labelOf(build), role: 'title' },
      `  ${isSettled(build) ? '' : `${duration(now - build.createdAt)}  `}`,
      { text: part.title, role: 'aside' },
    ],
    ...part.tasks.map(task),
  ];
}
