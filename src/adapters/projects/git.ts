import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type FerryError, outsideError, userError } from '../../domain/errors.ts';
import { printable } from '../../domain/names.ts';
import type { Progress } from '../../domain/ports.ts';
import { cleanEnvironment, networkEnvironment, run } from '../host/process.ts';
import { MOST_BYTES, MOST_ENTRIES, tooLarge } from './source.ts';

/** Branch, tag or commit, by positive grammar: nothing git's revision syntax could read more into. */
const REFERENCE = /^[A-Za-z0-9](?!.*\.\.)[A-Za-z0-9._/-]{0,199}$/;
const FETCH_SECONDS = 900;
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
 * Throws `bad-ref`, `repository-unreachable`, `project-too-large`.
 */
export async function exportRepository(request: GitExport, progress: Progress): Promise<string> {
  const { source, ref, target, mirrors } = request;
  if (ref !== null && !REFERENCE.test(ref)) throw badRef(source, ref);
  await mkdir(target, { recursive: true });
  const mirror = join(mirrors, `${source.name}.git`);
  await mkdir(mirror, { recursive: true });
  const run = (file: string, args: readonly string[]) => execute(request, file, args, progress);
  const git = async (...args: readonly string[]) => {
    const result = await run('git', ['--git-dir', mirror, ...SETTINGS, ...args]);
    if (result.code !== 0) throw unreachable(source, result.tail.join('\n'));
  };
  await git('init', '--quiet', '--bare', '--template=');
  await git('fetch', '--quiet', '--prune', '--force', '--no-tags', '--', source.url, ...REFSPECS);
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
  file: string,
  args: readonly string[],
  progress: Progress,
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
    timeoutSeconds: FETCH_SECONDS,
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

function unreachable(source: GitSource, details: string): FerryError {
  return outsideError({
    code: 'repository-unreachable',
    message: `The repository \`${source.name}\` could not be fetched.`,
    suggestion: 'The operator checks its address and the key of the build host.',
    details,
    retryable: true,
  });
}
