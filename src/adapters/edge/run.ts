import { userError } from '../../domain/errors.ts';
import { isName, printable } from '../../domain/names.ts';
import type { RunRequest, RunResult } from '../../domain/ports.ts';
import { quote } from '../../domain/shell.ts';
import { NO_SPANS } from '../../domain/spans.ts';
import { scriptError } from './failures.ts';
import { Lines, Tail } from './output.ts';
import { composeScript, type Script, ScriptFailure } from './script.ts';
import type { Session } from './session.ts';
import { DeadlineExceeded, LinkCut } from './ssh.ts';

/** Bytes of each stream that are kept, from its end. */
const KEPT = 1024 * 1024;
/** Bytes of both streams after which a command is ended: nobody reads them, and they fill the link. */
const FLOOD = 64 * 1024 * 1024;
/** The command has this long to end by itself (SIGTERM) before it is killed. */
const GRACE_SECONDS = 5;

/** Why we ended a command ourselves. */
type Ending = 'time' | 'flood';

/**
 * Runs one command line on the edge with the login shell's environment, once: a cut link is an
 * unknown outcome, never a reason to run it again. The command is a process group of its own; it
 * is ended when the time is up, when the connection closes and when the caller stops.
 */
export async function runCommand(session: Session, request: RunRequest): Promise<RunResult> {
  const { environment, log, target } = session.settings;
  const script = scriptOf(request, environment);
  const { text, marker } = composeScript(script, environment, writeFiles(request.files));
  const command = new RunningCommand(`${marker}-command\n`, log);
  const span = session.settings.observer?.span ?? NO_SPANS;
  const code = await span('ssh run', { edge: target.edge }, () =>
    command.run(session, text, request.timeoutSeconds * 1000),
  );
  const { stdout, stderr, ending } = command;
  if (!stderr.begun && ending === null && code !== null) {
    throw scriptError(target.edge, script, new ScriptFailure(code, '', stderr.before));
  }
  return {
    code: ending ? null : code,
    timedOut: ending === 'time',
    stdout: stdout.text(),
    stderr: stderr.text() + (ending === 'flood' ? FLOODED : ''),
  };
}

const FLOODED = `\n[ended by Conda Ferry: it wrote more than ${FLOOD / 1024 / 1024} MiB]\n`;

function scriptOf(request: RunRequest, environment: Readonly<Record<string, string>>): Script {
  return {
    name: 'run',
    variables: {
      directory: request.directory ?? '',
      command: request.command,
      exports: exportsOf(environment),
      // The other side's own limit, for the case that the link is frozen and nothing reaches it.
      seconds: Math.ceil(request.timeoutSeconds) + 2 * GRACE_SECONDS,
      grace: GRACE_SECONDS,
    },
  };
}

/** A command while it runs: what it writes, and whether we have ended it. */
class RunningCommand {
  readonly stdout: Tail;
  readonly stderr: Tail;
  ending: Ending | null = null;
  readonly #end = new AbortController();
  readonly #log: (line: string) => void;

  constructor(marker: string, log: (line: string) => void) {
    this.stdout = new Tail(KEPT, marker);
    this.stderr = new Tail(KEPT, marker);
    this.#log = log;
  }

  /** The exit code; null when the connection was lost. `limit` is in milliseconds. */
  async run(session: Session, text: string, limit: number): Promise<number | null> {
    const lines = { stdout: new Lines(this.#log), stderr: new Lines(this.#log) };
    const connection = await session.withConnection(async (fresh) => fresh);
    const timer = setTimeout(() => this.#endBecause('time'), limit);
    try {
      const { code } = await connection.execute('sh -s', {
        signal: session.settings.signal,
        deadlineMilliseconds: limit + 3 * GRACE_SECONDS * 1000,
        onStdout: (chunk) => this.#take(this.stdout, lines.stdout, chunk),
        onStderr: (chunk) => this.#take(this.stderr, lines.stderr, chunk),
        input: async (write, ended) => {
          await write(text);
          // The open input is the command's lifeline: closing it ends the command.
          await Promise.race([ended, aborted(this.#end.signal)]);
        },
      });
      return code;
    } catch (error) {
      if (!(error instanceof LinkCut || error instanceof DeadlineExceeded)) throw error;
      const words = 'the connection was lost under a command, so its outcome is unknown';
      this.#log(`${words}: ${error.message}`);
      return null;
    } finally {
      clearTimeout(timer);
      lines.stdout.end();
      lines.stderr.end();
    }
  }

  #take(tail: Tail, lines: Lines, chunk: Buffer): void {
    lines.add(tail.add(chunk));
    if (this.stdout.total + this.stderr.total > FLOOD) this.#endBecause('flood');
  }

  #endBecause(why: Ending): void {
    this.ending ??= why;
    this.#end.abort();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/**
 * Shell text that writes the files, given their folder as `$1`. Each appears under its name in one
 * step, because a named folder may be shared with other runs. Throws `bad-name` for a name that
 * is more than a plain file name.
 */
function writeFiles(files: Readonly<Record<string, string>>): string {
  const writes = Object.entries(files).map(([name, content]) => {
    if (!isName(name)) {
      throw userError({
        code: 'bad-name',
        message: `\`${printable(name)}\` cannot be the name of a file on an edge node.`,
        suggestion: 'Use a plain name such as `check.py`.',
      });
    }
    if (content.includes('\0')) {
      throw userError({
        code: 'bad-file',
        message: `The file \`${name}\` holds a NUL character.`,
        suggestion: 'Only text can be put beside a command.',
      });
    }
    const path = `"$1"/${name}`;
    return `printf %s ${quote(content)} >${path}.part-$$ && mv -f ${path}.part-$$ ${path} || fail 51 ${path}`;
  });
  return `write_files() {\n${writes.join('\n')}\n:\n}`;
}

/** The login shell's start-up files run first, and the configured variables win over theirs. */
function exportsOf(environment: Readonly<Record<string, string>>): string {
  return Object.entries(environment)
    .map(([name, value]) => `export ${name}=${quote(value)}`)
    .join('\n');
}
