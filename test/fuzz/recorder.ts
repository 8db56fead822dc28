/** Programs that this process starts, as Node itself tells of them: with the words they get. */
import type { ChildProcess } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

/** The words of each program started while `work` ran, the program's own name first. */
export async function recordPrograms(work: () => Promise<void>): Promise<string[][]> {
  const started: string[][] = [];
  const note = (message: unknown) => {
    const { process: child } = message as { process: ChildProcess };
    // Node tells of it before it has its words.
    queueMicrotask(() => started.push(withoutKeeper(child)));
  };
  subscribe('child_process', note);
  try {
    await work();
  } finally {
    unsubscribe('child_process', note);
  }
  return started;
}

/** What ends a program together with us stands before it. */
function withoutKeeper({ spawnfile, spawnargs }: ChildProcess): string[] {
  const isKept = spawnfile.endsWith('/setpriv');
  return isKept ? spawnargs.slice(spawnargs.indexOf('--') + 1) : [spawnfile, ...spawnargs.slice(1)];
}
