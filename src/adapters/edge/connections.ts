import { connect, type SshConnection } from './ssh.ts';
import type { SshTarget } from './target.ts';

/** Connections to one edge: those whose task is done stay open for a while, for the next one. */
export interface Connections {
  /** One that nobody else uses. Errors: those of `connect`. */
  open(signal: AbortSignal): Promise<SshConnection>;
  /** Takes back one that did its task; it is closed where enough are kept. */
  giveBack(connection: SshConnection): void;
  /** Opens one for whoever comes next, unless there is one. Who comes next hears why that failed. */
  openAhead(signal: AbortSignal): Promise<void>;
  /** Notes that nobody could connect, however often it was tried. */
  giveUp(): void;
  /** Whether that was a moment ago, and nobody has connected since: then one try says enough. */
  isGivenUp(): boolean;
  /** Closes what is kept; nothing is kept from then on. */
  close(): void;
}

/** A staging uses one, and what tries it another. */
const MOST_KEPT = 2;
/** One that does not answer for so long is not used again, whatever became of it. */
const ANSWERS_WITHIN = 3_000;

/** Milliseconds that somebody's giving up holds for others: the steps of one build come to the same edge one after another. */
const GIVEN_UP_FOR = 60_000;

/** Keeps none where `keepMilliseconds` is 0. */
export function createConnections(target: SshTarget, keepMilliseconds: number): Connections {
  const kept = new Map<SshConnection, NodeJS.Timeout>();
  let most = keepMilliseconds > 0 ? MOST_KEPT : 0;
  let givenUpAt = Number.NEGATIVE_INFINITY;

  function take(connection: SshConnection): void {
    clearTimeout(kept.get(connection));
    kept.delete(connection);
  }
  function closeAll(): void {
    for (const connection of kept.keys()) {
      take(connection);
      connection.close();
    }
  }
  async function openNew(signal: AbortSignal): Promise<SshConnection> {
    const connection = await connect(target, signal);
    givenUpAt = Number.NEGATIVE_INFINITY;
    void connection.ended.then(() => take(connection));
    return connection;
  }
  function giveBack(connection: SshConnection): void {
    if (kept.size >= most) {
      connection.close();
      return;
    }
    const timer = setTimeout(() => {
      take(connection);
      connection.close();
    }, keepMilliseconds);
    kept.set(connection, timer);
  }

  return {
    async open(signal) {
      const known = [...kept.keys()].at(-1);
      if (known === undefined) return openNew(signal);
      take(known);
      if (await isAlive(known, signal)) return known;
      // The others were cut with it.
      closeAll();
      return openNew(signal);
    },
    giveBack,
    async openAhead(signal) {
      if (most === 0 || kept.size > 0) return;
      await openNew(signal).then(giveBack, () => undefined);
    },
    giveUp() {
      givenUpAt = performance.now();
    },
    isGivenUp: () => performance.now() - givenUpAt < GIVEN_UP_FOR,
    close() {
      most = 0;
      closeAll();
    },
  };
}

/** What is lost on its way is told only to who waits for an answer, and a command is not run twice. */
async function isAlive(connection: SshConnection, signal: AbortSignal): Promise<boolean> {
  try {
    await connection.execute('true', { signal, deadlineMilliseconds: ANSWERS_WITHIN });
    return true;
  } catch {
    connection.close();
    signal.throwIfAborted();
    return false;
  }
}
