/**
 * `node:child_process` for tests, with one difference: when a program fails, the error says all that
 * is known of it: the command, its exit code or signal, and the end of what it wrote to both streams.
 * Node's own says neither the signal nor standard output.
 */
import * as child from 'node:child_process';
import { promisify } from 'node:util';

/** Runs a program to its end and answers what it wrote; throws when it does not end with 0. */
export const run: typeof child.execFile.__promisify__ = ((
  file: string,
  ...rest: [(readonly string[])?, child.ExecFileOptions?]
) => {
  const running = promisify(child.execFile)(file, ...rest);
  const explaining = running.catch((error: Failure) => {
    throw explained(file, rest[0], error);
  });
  return Object.assign(explaining, { child: running.child });
}) as typeof child.execFile.__promisify__;

/** The same, waiting; answers standard output. What the program says stays out of the test's own output. */
export const execFileSync: typeof child.execFileSync = ((
  file: string,
  ...rest: [(readonly string[] | child.ExecFileSyncOptions)?, child.ExecFileSyncOptions?]
) => {
  // As in Node, the arguments may be left out.
  const [args, options] = Array.isArray(rest[0])
    ? [rest[0] as readonly string[], rest[1]]
    : [[], rest[0] as child.ExecFileSyncOptions | undefined];
  try {
    return child.execFileSync(file, args, { stdio: 'pipe', ...options });
  } catch (error) {
    throw explained(file, args, error as Failure);
  }
}) as typeof child.execFileSync;

/** What Node's errors carry: `status` when it waited, `code` when it did not. */
interface Failure extends Error {
  code?: number | string | null;
  status?: number | null;
  signal?: string | null;
  stdout?: string | Buffer | null;
  stderr?: string | Buffer | null;
}

const END_CHARACTERS = 4000;
const ARGUMENT_CHARACTERS = 200;

function explained(file: string, args: readonly string[] = [], failure: Failure): Failure {
  const shortened = args.map((each) =>
    each.length > ARGUMENT_CHARACTERS ? `${each.slice(0, ARGUMENT_CHARACTERS)}…` : each,
  );
  const { signal, status, code } = failure;
  const how = signal ? `ended by ${signal}` : `exit code ${status ?? code}`;
  const streams = (['stdout', 'stderr'] as const).map((name) => {
    const text = String(failure[name] ?? '').trim();
    return text === '' ? `${name}: nothing` : `${name}:\n${text.slice(-END_CHARACTERS)}`;
  });
  failure.message = [`${[file, ...shortened].join(' ')}: ${how}`, ...streams].join('\n');
  // The stack holds the message as it was.
  const frames = failure.stack?.split('\n').filter((line) => /^ {4}at /.test(line)) ?? [];
  failure.stack = [`${failure.name}: ${failure.message}`, ...frames].join('\n');
  return failure;
}
