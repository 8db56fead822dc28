import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type FerryError, outsideError, throwIfStopped, userError } from '../../domain/errors.ts';
import { duration, size } from '../../domain/figures.ts';
import { printable } from '../../domain/names.ts';
import type { Progress } from '../../domain/ports.ts';
import { networkEnvironment } from '../host/network.ts';
import { cleanEnvironment, isHung, run } from '../host/process.ts';
import { MOST_BYTES, MOST_ENTRIES, tooLarge } from './source.ts';

/** Branch, tag or commit, by positive grammar: nothing git's revision syntax could read more into. */
const REFERENCE = /^[A-Za-z0-9](?!.*\.\.)[A-Za-z0-9._/-]{0,199}$/;
/** Of a repository with all its branches; how often the folder it is fetched to is looked at. */
const MOST = { repositoryBytes: 4 * 1024 ** 3, fetchSeconds: 900, lookMilliseconds: 500 };
type Most = typeof MOST;
/** Bytes; 300 for each file that may be there. */
const LONGEST_LISTING = MOST_ENTRIES * 300;

export interface GitSource {
  name: string;
  url: string;
}

export interface GitExport {
  source: GitSource;
  ref: string | null;
  /** Folder the tree is written to; made here. */
  target: string;
  /** Folder that keeps a bare copy of every repository, so that only what is new travels. */
  mirrors: string;
  /** The operator's: HOME holds keys and credential helpers for the configured addresses. */
  environment: Readonly<Record<string, string | undefined>>;
}

/**
 * Writes the tree of a repository at a ref into a folder and returns the commit. Only the configured
 * address is contacted; nothing of the repository is executed: no checkout, hook, filter or submodule.
 * Throws `bad-ref`, `repository-unreachable`, `repository-too-large`, `project-too-large`.
 */
export async function exportRepository(
  request: GitExport,
  progress: Progress,
  most: Most = MOST,
): Promise<string> {
  const { source, ref, target, mirrors } = request;
  if (ref !== null && !REFERENCE.test(ref)) throw badRef(source, ref);
  await mkdir(target, { recursive: true });
  const mirror = join(mirrors, `${source.name}.git`);
  await mkdir(mirror, { recursive: true });
  const run = (file: string, args: readonly string[], signal = progress.signal) =>
    execute(request, { file, args }, { ...progress, signal }, most);
  const git = async (...args: readonly string[]) => {
    const result = await run('git', ['--git-dir', mirror, ...SETTINGS, ...args]);
    if (result.code !== 0) throw unreachable(source, result.tail.join('\n'));
  };
  await git('init', '--quiet', '--bare', '--template=');
  // What a fetch left that was ended: nobody else is at it while we have the lock.
  await run('find', [join(mirror, 'objects'), '-name', 'tmp_*', '-delete']);
  const isTooLarge = await whileWithin(most, mirror, progress.signal, async (signal) => {
    const from = ['fetch', '--quiet', '--prune', '--force', '--no-tags', '--', source.url];
    const fetch = ['--git-dir', mirror, ...SETTINGS, ...from, ...REFSPECS];
    const { code, tail } = await run('git', fetch, signal).catch((error: unknown) => {
      throw isHung(error) ? tooSlow(source, most) : error;
    });
    if (code !== 0) throw unreachable(source, tail.join('\n'));
  });
  if (isTooLarge) {
    await run('rm', ['-rf', mirror]);
    throw repositoryTooLarge(source, most);
  }
  const commit = await resolveCommit(ref, async (revision) => {
    const parse = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`];
    const { code, stdout } = await run('git', ['--git-dir', mirror, ...parse]);
    return code === 0 ? stdout.trim() : null;
  });
  if (commit === null) throw badRef(source, ref ?? 'HEAD');
  // Before a byte of it is written: what the tree says of itself.
  const listing = ['ls-tree', '-r', '-l', '-z', commit];
  const listed = await run('git', ['--git-dir', mirror, ...SETTINGS, ...listing]);
  if (listed.code !== 0) throw unreachable(source, listed.tail.join('\n'));
  // Mode, type, name and size of each: `100644 blob 8ab686ea…      12\tsetup.py`.
  const sizes = [...listed.stdout.matchAll(/(?:^|\0)\d+ \w+ \w+ +(\d+|-)\t/g)];
  const bytes = sizes.reduce((sum, [, each]) => sum + (Number(each) || 0), 0);
  if (listed.truncated || sizes.length > MOST_ENTRIES || bytes > MOST_BYTES) throw tooLarge();
  const tarball = `${target}.tar`;
  try {
    await git('archive', '--format=tar', `--output=${tarball}`, commit);
    const unpack = ['--extract', '--no-same-owner', `--file=${tarball}`, `--directory=${target}`];
    const { code, tail } = await run('tar', unpack);
    if (code !== 0) throw unreachable(source, tail.join('\n'));
  } finally {
    await rm(tarball, { force: true });
  }
  return commit;
}

/**
 * Does something that fills a folder, and stops it when that is more than it may: true then. What travels says
 * nothing of its size before.
 */
async function whileWithin(
  { repositoryBytes, lookMilliseconds }: Most,
  folder: string,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<boolean> {
  const tooMuch = new AbortController();
  const done = new AbortController();
  const watching = (async () => {
    while (!done.signal.aborted && (await bytesIn(folder)) <= repositoryBytes) {
      await sleep(lookMilliseconds, undefined, { signal: done.signal }).catch(() => {});
    }
    if (!done.signal.aborted) tooMuch.abort();
  })();
  try {
    await work(AbortSignal.any([signal, tooMuch.signal]));
  } catch (error) {
    throwIfStopped(signal);
    if (!tooMuch.signal.aborted) throw error;
  } finally {
    done.abort();
    await watching;
  }
  return tooMuch.signal.aborted || (await bytesIn(folder)) > repositoryBytes;
}

/** What is in it, as far as it is there while somebody writes to it. */
async function bytesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(
    files.map(({ parentPath, name }) =>
      stat(join(parentPath, name)).then(
        (found) => found.size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, each) => sum + each, 0);
}

const SETTINGS = [
  ...['-c', 'core.attributesFile=/dev/null', '-c', 'core.hooksPath=/dev/null'],
  // Tidying up in the background would be ended half-way.
  ...['-c', 'gc.autoDetach=false'],
];
const HEAD = 'refs/ferry/HEAD';
const REFSPECS = ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*', `+HEAD:${HEAD}`];

/** A branch before a tag before a commit; never anything else git could make of the text. */
async function resolveCommit(
  ref: string | null,
  look: (revision: string) => Promise<string | null>,
): Promise<string | null> {
  if (ref === null) return look(HEAD);
  const named = (await look(`refs/heads/${ref}`)) ?? (await look(`refs/tags/${ref}`));
  if (named !== null) return named;
  return /^[0-9a-f]{7,64}$/.test(ref) ? look(ref) : null;
}

/** Two builds may want the same mirror; the lock makes the second wait. */
function execute(
  { target, mirrors, source, environment }: GitExport,
  { file, args }: { file: string; args: readonly string[] },
  progress: Progress,
  { fetchSeconds }: Most,
) {
  return run({
    file: 'flock',
    args: [join(mirrors, `${source.name}.lock`), file, ...args],
    cwd: target,
    env: cleanEnvironment({
      home: environment.HOME ?? target,
      ...(environment.PATH === undefined ? {} : { path: environment.PATH }),
      named: {
        ...networkEnvironment(environment),
        GIT_TERMINAL_PROMPT: '0',
        GIT_ALLOW_PROTOCOL: 'https:http:ssh:git:file',
        GIT_SSH_COMMAND: 'ssh -o BatchMode=yes',
      },
    }),
    signal: progress.signal,
    timeoutSeconds: fetchSeconds,
    idleSeconds: null,
    outputLimit: LONGEST_LISTING,
    onLine: (line, stream) => {
      if (stream === 'stderr') progress.log(line);
    },
  });
}

function badRef(source: GitSource, ref: string): FerryError {
  return userError({
    code: 'bad-ref',
    message: `\`${printable(ref)}\` is not a branch, tag or commit of \`${source.name}\`.`,
    suggestion: `Write \`${source.name}@main\` or \`${source.name}@<commit>\`.`,
  });
}

function repositoryTooLarge(source: GitSource, { repositoryBytes }: Most): FerryError {
  return userError({
    code: 'repository-too-large',
    message: `The repository \`${source.name}\` has more than ${size(repositoryBytes)} with all its branches, which is more than a build host takes.`,
    suggestion:
      'Take data out of its history, or attach the package as a wheel (`python -m build`).',
  });
}

function tooSlow(source: GitSource, { fetchSeconds }: Most): FerryError {
  return outsideError({
    code: 'repository-unreachable',
    message: `The repository \`${source.name}\` was not fetched within ${duration(fetchSeconds * 1000)}.`,
    suggestion:
      'Press Retry: only what is new travels. Where it is always slow, attach the package as a wheel.',
    retryable: true,
  });
}

function unreachable(source: GitSource, details: string): FerryError {
  return outsideError({
    code: 'repository-unreachable',
    message: `The repository \`${source.name}\` could not be fetched.`,
    suggestion: 'The operator checks its address and the key of the build host.',
    details,
    retryable: true,
  });
}
