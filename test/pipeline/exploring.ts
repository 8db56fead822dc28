/**
 * Explores in which orders processes can do what they do to what they share. A process runs until it is
 * about to make a call; then it is decided who makes the next one. Without surprises each process goes
 * on for as long as it can. A surprise lets another one go first, or is a mishap: a process is killed, a
 * job is given to somebody else as well. All ways with so many surprises are gone, but none twice from
 * the same state.
 */
import { Drive, type Subject } from './driving.ts';

export interface Bounds {
  surprises: number;
  mishaps: number;
}

export interface Explored {
  begun: number;
  ways: number;
  calls: number;
  states: number;
}

interface Way {
  /** Who made which call instead of the one whose turn it was: by the number of the call. */
  turns: readonly (readonly [call: number, choice: string])[];
  surprises: number;
  mishaps: number;
}

/** Throws what is wrong, with the calls that led there. */
export async function explore(
  create: () => Promise<Subject>,
  { surprises, mishaps }: Bounds,
): Promise<Explored> {
  const known = new Map<string, number>();
  const left: Way[] = [{ turns: [], surprises: 0, mishaps: 0 }];
  const explored = { begun: 0, ways: 0, calls: 0, states: 0 };
  for (let way = left.pop(); way; way = left.pop()) {
    const { turns, ...spent } = way;
    explored.begun += 1;
    const drive = new Drive(await create());
    const choices = new Map(turns);
    const last = turns.at(-1)?.[0] ?? -1;
    try {
      const end = await drive.drive((call, options) => {
        const choice = choices.get(call);
        const option = choice ? options.find((each) => each.choice === choice) : options[0];
        if (!option) throw new Error(`there is no ${choice} at ${call}`);
        if (call <= last) return option;
        const budget = surprises - spent.surprises;
        const key = `${drive.digest()} ${spent.mishaps}`;
        if ((known.get(key) ?? -1) >= budget) return null;
        known.set(key, budget);
        for (const { choice, cost, isMishap } of options.slice(1)) {
          const next = {
            turns: [...turns, [call, choice] as const],
            surprises: spent.surprises + cost,
            mishaps: spent.mishaps + (isMishap ? 1 : 0),
          };
          if (next.surprises <= surprises && next.mishaps <= mishaps) left.push(next);
        }
        return option;
      });
      explored.calls += drive.calls.length;
      if (end) explored.ways += 1;
    } catch (error) {
      const calls = drive.calls.map((each, index) => `${String(index).padStart(4)} ${each}`);
      throw new Error(`${calls.join('\n')}\n${(error as Error).stack}`, { cause: error });
    }
  }
  return { ...explored, states: known.size };
}
