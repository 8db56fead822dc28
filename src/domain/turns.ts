/**
 * People take turns: whose job comes when, of those that wait for one worker. Jobs are taken by their
 * turn, and those of one turn in the order in which they came.
 */

/** The first of all turns, and the one of whoever comes when nobody waits. */
export const FIRST_TURN = 1;

/**
 * The turn of somebody's next job. `current` is the turn that is being taken, so the lowest of those that
 * wait; null where nobody does. `last` is the turn that they were given last since somebody waits, whether
 * it was taken or not; null for none.
 *
 * So whoever asks for ten does not go before another who asks for one. And nobody is overtaken for ever:
 * until somebody's job is taken, another person is served at most once more often than the jobs are,
 * itself among them, that its owner has waiting when it comes.
 */
export function nextTurn({
  current,
  last,
}: {
  current: number | null;
  last: number | null;
}): number {
  if (current === null) return FIRST_TURN;
  return last === null || last < current ? current : last + 1;
}
