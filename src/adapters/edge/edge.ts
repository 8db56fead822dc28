import { once } from 'node:events';
import type { ClusterProfile } from '../../domain/cluster.ts';
import { outsideError } from '../../domain/errors.ts';
import { parseName } from '../../domain/names.ts';
import type { Edge, StageRequest } from '../../domain/ports.ts';
import { isVariable } from '../../domain/shell.ts';
import { baseOf, hdfsBase, isInHdfs, putIntoHdfs } from './hdfs.ts';
import { type EdgeProfile, readProfile } from './profile.ts';
import { runCommand } from './run.ts';
import { openSession, type Session } from './session.ts';
import { checkStageRequest, isStagingIntact, stageArchive } from './staging.ts';

/** One edge node as configured. */
export interface EdgeConfig {
  name: string;
  host: string;
  port: number;
  user: string;
  /** An unencrypted private key; null for the SSH agent. */
  privateKeyFile: string | null;
  /** `ssh-ed25519 AAAA…` or `SHA256:…`; null is refused, with the fingerprint that was seen. */
  hostKey: string | null;
  /** Absolute path on the edge under which everything lies. */
  root: string;
  /** Name of the global layout's symlink directory, `MYGLOBALENV`. */
  alias: string;
  /** Folder in HDFS; `auto`: `/user/<user>/envs` when the default file system is HDFS; null: none. */
  hdfs: string | 'auto' | null;
  /** Facts of the cluster that win over what the host says. */
  cluster: Partial<ClusterProfile>;
  /** Exported before every command, e.g. JAVA_HOME. */
  env: Record<string, string>;
  connectTimeoutSeconds?: number;
}

export interface EdgeOptions {
  log: (line: string) => void;
  timing?: Partial<EdgeTiming>;
}

export interface EdgeTiming {
  /** Attempts in a row that bring nothing before a link is given up. */
  attempts: number;
  backoffMilliseconds: number;
  /** A link on which nothing came for this long counts as cut. */
  silenceMilliseconds: number;
  /** Leftovers younger than this may belong to a staging at work. */
  sweepAfterMinutes: number;
}

const TIMING: EdgeTiming = {
  attempts: 5,
  backoffMilliseconds: 1_000,
  silenceMilliseconds: 30_000,
  sweepAfterMinutes: 24 * 60,
};

/** Milliseconds that a profile is believed: the steps of one build share it. */
const PROFILE_HOLDS = 5 * 60_000;

/** An edge node over a real SSH server. Nothing is connected before the first call. */
export function createEdge(config: EdgeConfig, options: EdgeOptions): Edge {
  checkConfig(config);
  const timing = { ...TIMING, ...options.timing };
  const root = config.root.replace(/\/+$/, '');
  const staging = createQueue();
  let profile: { answer: EdgeProfile; at: number } | null = null;

  async function withSession<T>(
    signal: AbortSignal,
    log: (line: string) => void,
    task: (session: Session) => Promise<T>,
  ): Promise<T> {
    const session = openSession({
      target: {
        edge: config.name,
        host: config.host,
        port: config.port,
        user: config.user,
        privateKeyFile: config.privateKeyFile,
        hostKey: config.hostKey,
        connectTimeoutMilliseconds: (config.connectTimeoutSeconds ?? 15) * 1000,
        silenceMilliseconds: timing.silenceMilliseconds,
      },
      environment: config.env,
      attempts: timing.attempts,
      backoffMilliseconds: timing.backoffMilliseconds,
      log,
      signal,
    });
    try {
      return await task(session);
    } finally {
      session.close();
    }
  }

  /** Asked once in a while: administrators change files. What two first callers share is the answer, not the question: one may be stopped. */
  async function profileOver(session: Session): Promise<EdgeProfile> {
    if (profile === null || Date.now() - profile.at > PROFILE_HOLDS) {
      profile = { answer: await readProfile(session, config.cluster), at: Date.now() };
    }
    return profile.answer;
  }

  return {
    name: config.name,
    profile: ({ signal, log }) =>
      withSession(signal, log, async (session) => (await profileOver(session)).cluster),
    async stage(request: StageRequest, progress) {
      checkStageRequest(request);
      // The same archive twice at once would travel twice: the second finds it in place.
      return staging(request.archive.sha256, progress.signal, () =>
        withSession(progress.signal, progress.log, async (session) => {
          const known = await profileOver(session);
          const base = hdfsBase(config.hdfs, known, config);
          const { staging: staged, travelled } = await stageArchive(
            session,
            { edge: config.name, root, globalAlias: config.alias },
            request,
            known.cluster,
            progress,
          );
          const copy = { root, archive: request.archive, archivePath: staged.archivePath };
          const hdfs = base
            ? await putIntoHdfs(session, { ...copy, base, kerberos: known.kerberos }, progress)
            : null;
          progress.detail(travelled);
          return { ...staged, hdfs };
        }),
      );
    },
    isIntact: (staged, archive, signal) =>
      withSession(signal, options.log, async (session) => {
        if (!(await isStagingIntact(session, staged, archive))) return false;
        if (staged.hdfs === null) return true;
        const { kerberos } = await profileOver(session);
        const { archivePath } = staged;
        const base = baseOf(staged.hdfs);
        return isInHdfs(session, { base, root, archive, archivePath, kerberos });
      }),
    run: (request, { signal, log }) =>
      withSession(signal, log, (session) => runCommand(session, request)),
    sweep: (signal) =>
      withSession(signal, options.log, async (session) => {
        const { stdout } = await session.script({
          name: 'sweep',
          variables: { root, minutes: timing.sweepAfterMinutes },
          deadlineSeconds: 600,
        });
        for (const line of stdout.split('\n')) {
          if (line.startsWith('removed ')) options.log(`edge ${config.name}: ${line}`);
        }
      }),
  };
}

/** Runs tasks with the same key one after another; who is stopped while waiting does not wait. */
function createQueue() {
  const last = new Map<string, Promise<unknown>>();
  return async <T>(key: string, signal: AbortSignal, task: () => Promise<T>): Promise<T> => {
    signal.throwIfAborted();
    const before = last.get(key) ?? Promise.resolve();
    const stopped = new AbortController();
    const turn = Promise.race([
      before,
      once(signal, 'abort', { signal: stopped.signal }).catch(() => {}),
    ]);
    const mine = turn.then(() => {
      stopped.abort();
      signal.throwIfAborted();
      return task();
    });
    const both = Promise.allSettled([before, mine]);
    last.set(key, both);
    try {
      return await mine;
    } finally {
      if (last.get(key) === both) both.then(() => last.get(key) === both && last.delete(key));
    }
  };
}

/** The configuration's own reader names bad keys; this keeps what becomes a path or a variable safe. */
function checkConfig(config: EdgeConfig): void {
  parseName(config.alias, 'alias');
  const wrong =
    !/^(\/[A-Za-z0-9._-]+)+\/?$/.test(config.root) || config.root.includes('/..')
      ? 'root: must be an absolute path of letters, digits, `.`, `_` and `-`'
      : Object.keys(config.env).find((name) => !isVariable(name));
  if (wrong !== undefined) {
    throw outsideError({
      code: 'bad-config',
      message: `The configuration of edge ${config.name} is wrong: ${wrong}.`,
      suggestion: 'Correct it and start again.',
    });
  }
}
