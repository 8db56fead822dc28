/** What a change need not wait for, as something nearer shows most of it, runs in the full run alone. */
export const isFull = process.env.CONDA_FERRY_TEST === 'full';

/** For `{ skip }` of what only the full run does. */
export const unlessFull: string | false = isFull
  ? false
  : 'runs in the full run, with CONDA_FERRY_TEST=full';
