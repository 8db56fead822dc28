import { MOST_ENTRIES } from '../domain/pages.ts';
import type { Reply } from '../domain/reply.ts';
import type { Schedule } from '../domain/schedule.ts';
import {
  code,
  type Document,
  date,
  heading,
  type Inline,
  list,
  marked,
  prose,
  user,
  words,
} from './document.ts';
import { andMore } from './lists.ts';
import { line } from './outside.ts';

/** What is built by itself, when next, and what came of it the last time; the soonest first. */
export function describeSchedules({
  environments,
  count,
}: Extract<Reply, { kind: 'schedules' }>): Document {
  const scheduled = environments
    .flatMap(({ name, owner, schedule }) => (schedule ? { name, owner, schedule } : []))
    .toSorted((left, right) => left.schedule.dueAt - right.schedule.dueAt);
  if (scheduled.length === 0) {
    const nothing = 'Nothing is scheduled. `schedule NAME weekly` builds it by itself.';
    return { summary: nothing, parts: [prose(marked(nothing))] };
  }
  const shown = scheduled.slice(0, MOST_ENTRIES);
  const rest = count - shown.length;
  return {
    summary: `Scheduled: ${shown.map(({ name }) => name).join(', ')}`,
    parts: [
      heading('Scheduled'),
      list(
        shown.map(({ name, owner, schedule }) =>
          words(code(name), ' of ', user(owner), ': ', scheduleLine(schedule)),
        ),
      ),
      ...andMore(rest, `${rest} more, later than these`),
    ],
  };
}

/** `built weekly, next 2026-03-02 09:00; last 2026-02-23 09:00: Nothing newer.` */
export function scheduleLine({ every, dueAt, last, tellOnly }: Schedule): Inline[] {
  const found =
    last === null
      ? ['not looked at yet']
      : ['last ', date(last.at), ': ', marked(line(last.text, 300))];
  return words(
    `${tellOnly ? 'newer packages are told' : 'built'} ${every}, next `,
    ...[date(dueAt), '; ', ...found],
  );
}
