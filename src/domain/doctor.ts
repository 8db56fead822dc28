import { size } from './figures.ts';

/** What the doctor says of one thing. */
export interface CheckResult {
  name: string;
  status: 'ok' | Fault['status'];
  text: string;
  /** What to do next; null where nothing is to be done. */
  fix: string | null;
}

/**
 * What is not as it should be. `warning`: work goes on, until something else happens; `unknown`: nobody but the
 * operator can look.
 */
export interface Fault {
  status: 'warning' | 'failed' | 'unknown';
  text: string;
  fix: string;
}

/** What a look found: the thing in a few words, and everything that is wrong with it. */
export interface Look {
  text: string;
  faults: readonly Fault[];
}

export const failed = (text: string, fix: string): Fault => ({ status: 'failed', text, fix });
export const warning = (text: string, fix: string): Fault => ({ status: 'warning', text, fix });
export const unknown = (text: string, fix: string): Fault => ({ status: 'unknown', text, fix });

/** The rows of a look: what fails says all of it, what does not has a row of its own beside. */
export function rowsOf(name: string, { text, faults }: Look): CheckResult[] {
  const isFine = text !== '' && faults.every(({ status }) => status !== 'failed');
  const fine: CheckResult = { name, status: 'ok', text, fix: null };
  return [...(isFine ? [fine] : []), ...faults.map((fault) => ({ name, ...fault }))];
}

/** Bytes: an environment takes one to three GB, unpacked and as an archive. */
const LITTLE_ROOM = 5e9;
const NO_ROOM = 1e9;

/** What is too little room in a folder; `free` in bytes, NaN where it is not told. */
export function faultsOfRoom(free: number, folder: string, fix: string): Fault[] {
  if (!(free < LITTLE_ROOM)) return [];
  const text = `\`${folder}\` has ${size(free)} left`;
  return free < NO_ROOM
    ? [failed(`${text}, and no environment fits there`, fix)]
    : [warning(`${text}, and a few environments fill it`, fix)];
}
