import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { Output } from './output.ts';
import { type Program, type Service, startService } from './process.ts';

/** A program that stays and is asked by lines on its standard input. */
export interface Conversation extends Service {
  /** Writes one line. What is said to a program that has ended is lost; `ended` tells. */
  say(line: string): void;
  /** Whether our own process stays for it; one that nobody waits for ends with us. */
  hold(isAwaited: boolean): void;
}

/**
 * Starts a program of ours that answers by lines on its standard output, of any length. It is ended
 * with our own process, however that ends. Throws `program-missing`.
 */
export function converse(command: Program & { onLine: (line: string) => void }): Conversation {
  const complaints = new Output({ outputLimit: 0 }, () => {});
  // It keeps nothing of its own that would have to be tidied up.
  const { subprocess, service } = startService({ ...command, talks: true }, 'KILL', complaints);
  const { stdin, stdout, stderr, nodeChildProcess } = subprocess;
  complaints.read(stderr, 'stderr');
  if (stdout) createInterface({ input: stdout }).on('line', command.onLine);
  // Of a program that ended while it was written to, `ended` tells.
  stdin?.on('error', () => {});
  const pipes = [stdin, stdout, stderr] as (Partial<Socket> | null)[];
  return {
    ...service,
    say: (line) => void stdin?.write(`${line}\n`),
    hold(isAwaited) {
      const how = isAwaited ? 'ref' : 'unref';
      for (const handle of [nodeChildProcess, ...pipes]) handle?.[how]?.();
    },
  };
}
