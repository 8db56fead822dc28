import type { ClusterProfile } from '../../domain/cluster.ts';
import type { Staging, StagingPlace } from '../../domain/environment.ts';
import { outsideError } from '../../domain/errors.ts';
import { hiddenBy } from '../../domain/invocation/alias.ts';
import type { RecordPapers } from '../../domain/manifest.ts';
import { parseName } from '../../domain/names.ts';
import type {
  Edge,
  EdgeReporting,
  Following,
  GrowingArchive,
  NumbersFound,
  PaperFound,
  Progress,
  RecoverRequest,
  RemoveOptions,
  RunRequest,
  RunResult,
  SentAhead,
  StageRequest,
} from '../../domain/ports.ts';
import type { Pointers } from '../../domain/reference.ts';
import { isVariable } from '../../domain/shell.ts';
import { sendAhead } from './ahead.ts';
import { findApplications } from './applications.ts';
import { findEnvironments, findNumbers, findPapers, recoverStaging } from './catalogue.ts';
import { type Connections, createConnections } from './connections.ts';
import { baseOf, hdfsBase, isInHdfs, putIntoHdfs, removeFromHdfs, sweepHdfs } from './hdfs.ts';
import { launch, point } from './launching.ts';
import { type EdgeProfile, readProfile } from './profile.ts';
import { removeStaging } from './removing.ts';
import { restoreStaging } from './restoring.ts';
import { runCommand } from './run.ts';
import { type EdgeObserver, openSession, type Session } from './session.ts';
import {
  checkFingerprint,
  checkStageRequest,
  isStagingIntact,
  RESERVE,
  stageArchive,
} from './staging.ts';
import type { SshTarget } from './target.ts';
import { createTurns } from './turns.ts';

/** One edge node as configured. */
export interface EdgeConfig {
  name: string;
  host: string;
  port: number;
  user: string;
  /** Null for the SSH agent. */
  privateKeyFile: string | null;
  /** Holds what the private key is encrypted with. */
  passphraseFile?: string | null;
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
  /** The host that leads to it; null where it is reached itself. */
  proxyJump?: Hop | null;
}

/** A host and how to log in to it. */
type Hop = Pick<
  EdgeConfig,
  'host' | 'port' | 'user' | 'privateKeyFile' | 'passphraseFile' | 'hostKey'
>;

export interface EdgeOptions {
  log: (line: string) => void;
  timing?: Partial<EdgeTiming>;
  observer?: EdgeObserver;
}

export interface EdgeTiming {
  /** Attempts in a row that bring nothing before a link is given up. */
  attempts: number;
  backoffMilliseconds: number;
  /** A link on which nothing came for this long counts as cut. */
  silenceMilliseconds: number;
  /** Leftovers younger than this may belong to a staging at work. */
  sweepAfterMinutes: number;
  /** A connection stays open for so long after its task, for the next one; 0: never. */
  keepMilliseconds: number;
}

const TIMING: EdgeTiming = {
  attempts: 5,
  backoffMilliseconds: 1_000,
  silenceMilliseconds: 30_000,
  sweepAfterMinutes: 24 * 60,
  keepMilliseconds: 0,
};

/** While somebody waits for an answer: a connection that was cut is no reason not to give one, an edge that is away is. */
const AWAITED_ATTEMPTS = 2;

/** Milliseconds that a profile is believed: the steps of one build share it. */
const PROFILE_HOLDS = 5 * 60_000;

/** How an edge is reached. */
export function targetOf(config: EdgeConfig, silenceMilliseconds: number): SshTarget {
  const { name: edge, connectTimeoutSeconds = 15, proxyJump = null } = config;
  const connectTimeoutMilliseconds = connectTimeoutSeconds * 1000;
  const common = { edge, connectTimeoutMilliseconds, silenceMilliseconds };
  const jump = proxyJump && { ...common, ...hopOf(proxyJump), isJump: true };
  return { ...common, ...hopOf(config), jump };
}

/** An edge node over a real SSH server. Nothing is connected before the first call. */
export function createEdge(config: EdgeConfig, options: EdgeOptions): Edge {
  checkConfig(config);
  const node = new EdgeNode(config, options);
  return {
    name: config.name,
    expect: (signal) => node.expect(signal),
    profile: (reporting) => node.profile(reporting),
    sendAhead: (growing, progress) => node.sendAhead(growing, progress),
    stage: (request, progress, following) => node.stage(request, progress, following),
    isIntact: (staging, signal) => node.isIntact(staging, signal),
    restore: (staging, reporting) => node.restore(staging, reporting),
    launch: (staging, signal) => node.launch(staging, signal),
    point: (environment, pointers, papers, signal) =>
      node.point(environment, pointers, papers, signal),
    numbers: (environment, reporting) => node.numbers(environment, reporting),
    environments: (reporting) => node.environments(reporting),
    papers: (environment, reporting) => node.papers(environment, reporting),
    recover: (request, progress) => node.recover(request, progress),
    run: (request, reporting) => node.run(request, reporting),
    remove: (place, options) => node.remove(place, options),
    applications: (tags, since, signal) => node.applications(tags, since, signal),
    discard: (archive, signal) => node.discard(archive, signal),
    sweep: (signal) => node.sweep(signal),
    close: () => node.close(),
  };
}

/** Each task has a session of its own; what they share is the profile, turns in staging, and connections in turn. */
class EdgeNode implements Edge {
  readonly name: string;
  readonly #config: EdgeConfig;
  readonly #timing: EdgeTiming;
  readonly #observer: EdgeObserver | undefined;
  readonly #log: (line: string) => void;
  readonly #root: string;
  readonly #staging = createTurns();
  readonly #connections: Connections;
  #profile: { answer: EdgeProfile; at: number } | null = null;

  constructor(config: EdgeConfig, options: EdgeOptions) {
    this.name = config.name;
    this.#config = config;
    this.#observer = options.observer;
    this.#timing = { ...TIMING, ...options.timing };
    this.#log = options.log;
    this.#root = config.root.replace(/\/+$/, '');
    this.#connections = createConnections(this.#target, this.#timing.keepMilliseconds);
  }

  async expect(signal: AbortSignal): Promise<void> {
    if (this.#isProfileKnown()) return this.#connections.openAhead(signal);
    // Whoever needs it finds out why it cannot be had.
    await this.profile(this.#aside(signal)).catch(() => undefined);
  }

  close(): void {
    this.#connections.close();
  }

  async profile(reporting: EdgeReporting): Promise<ClusterProfile> {
    return this.#withSession(
      reporting,
      async (session) => (await this.#profileOver(session)).cluster,
    );
  }

  async sendAhead(growing: GrowingArchive, progress: Progress): Promise<SentAhead> {
    parseName(growing.name, 'archive name');
    checkFingerprint(growing.fingerprint);
    const place = { edge: this.name, root: this.#root, reserve: RESERVE };
    // Whoever stages it tries again.
    return this.#withSession(
      progress,
      (session) => sendAhead(session, place, growing, progress),
      1,
    );
  }

  async stage(request: StageRequest, progress: Progress, following?: Following): Promise<Staging> {
    checkStageRequest(request);
    // The same archive twice at once would travel twice: the second finds it in place.
    return this.#staging(request.archive.sha256, progress.signal, () =>
      this.#withSession(progress, (session) =>
        this.#stageOver(session, request, progress, following),
      ),
    );
  }

  async isIntact(staged: Staging, signal: AbortSignal): Promise<boolean> {
    return this.#withSession(this.#aside(signal), async (session) => {
      if (!(await isStagingIntact(session, staged))) return false;
      if (staged.hdfs === null) return true;
      const { kerberos } = await this.#profileOver(session);
      const { archive, archivePath } = staged;
      const base = baseOf(staged.hdfs);
      return isInHdfs(session, { base, root: this.#root, archive, archivePath, kerberos });
    });
  }

  async restore(staging: Staging, reporting: EdgeReporting) {
    return this.#withSession(reporting, (session) => restoreStaging(session, this.#root, staging));
  }

  async launch(staging: Staging, signal: AbortSignal): Promise<Staging> {
    return this.#withSession(this.#aside(signal), (session) => launch(session, staging));
  }

  async point(
    environment: string,
    pointers: Pointers,
    papers: RecordPapers,
    signal: AbortSignal,
  ): Promise<void> {
    const root = this.#root;
    await this.#withSession(this.#aside(signal), (session) =>
      point(session, { root, alias: this.#config.alias, environment, pointers, papers }),
    );
  }

  async numbers(environment: string, reporting: EdgeReporting): Promise<NumbersFound> {
    return this.#withSession(reporting, (session) => findNumbers(session, this.#root, environment));
  }

  async environments(reporting: EdgeReporting): Promise<string[]> {
    return this.#withSession(reporting, (session) => findEnvironments(session, this.#root));
  }

  async *papers(environment: string, reporting: EdgeReporting): AsyncGenerator<PaperFound> {
    const session = this.#session(reporting);
    try {
      yield* findPapers(session, this.#root, environment);
      session.done();
    } finally {
      session.close();
    }
  }

  async recover(request: RecoverRequest, progress: Progress): Promise<Staging | null> {
    return this.#withSession(progress, async (session) => {
      const known = await this.#profileOver(session);
      const hdfs = hdfsBase(this.#config.hdfs, known, this.#config);
      const place = { edge: this.name, root: this.#root, globalAlias: this.#config.alias, hdfs };
      return recoverStaging(session, place, request, known, progress);
    });
  }

  async run(request: RunRequest, reporting: EdgeReporting): Promise<RunResult> {
    return this.#withSession(reporting, (session) => runCommand(session, request));
  }

  async remove(place: StagingPlace, { keepArchive, signal }: RemoveOptions): Promise<void> {
    const root = this.#root;
    const { archive, archivePath } = place;
    // Whoever stages the same bytes meanwhile goes first, and is seen then.
    await this.#staging(archive.sha256, signal, () =>
      this.#withSession(this.#aside(signal), async (session) => {
        const edge = { root, alias: this.#config.alias };
        const { kept } = await removeStaging(session, edge, { place, keepArchive });
        if (kept || place.hdfs === null) return;
        const { kerberos } = await this.#profileOver(session);
        const base = baseOf(place.hdfs);
        await removeFromHdfs(session, { base, root, archive, archivePath, kerberos });
      }),
    );
  }

  async applications(tags: readonly string[], since: number, signal: AbortSignal) {
    // Only YARN keeps tags of applications.
    if ((this.#config.cluster.manager ?? 'yarn') !== 'yarn') return [];
    const asked = { tags, since, now: Date.now() };
    return this.#withSession(this.#aside(signal), (session) => findApplications(session, asked));
  }

  async discard(
    { fingerprint, sha256 }: { fingerprint: string; sha256: string | null },
    signal: AbortSignal,
  ): Promise<void> {
    checkFingerprint(fingerprint);
    if (sha256 !== null) checkFingerprint(sha256);
    const root = this.#root;
    const variables = { root, fingerprint, sha: sha256 ?? '' };
    await this.#withSession(this.#aside(signal), (session) =>
      session.script({ name: 'discard', variables, deadlineSeconds: 10 }),
    );
  }

  async sweep(signal: AbortSignal): Promise<void> {
    const { sweepAfterMinutes } = this.#timing;
    await this.#withSession(this.#aside(signal), async (session) => {
      const { stdout } = await session.script({
        name: 'sweep',
        variables: { root: this.#root, minutes: sweepAfterMinutes },
        deadlineSeconds: 600,
      });
      const tell = (said: string) => {
        for (const line of said.split('\n')) {
          if (line.startsWith('removed ')) this.#log(`edge ${this.name}: ${line}`);
        }
      };
      tell(stdout);
      const known = await this.#profileOver(session);
      const base = hdfsBase(this.#config.hdfs, known, this.#config);
      if (base === null) return;
      const place = { base, root: this.#root, kerberos: known.kerberos };
      tell(await sweepHdfs(session, place, sweepAfterMinutes));
    });
  }

  async #stageOver(
    session: Session,
    request: StageRequest,
    progress: Progress,
    following?: Following,
  ): Promise<Staging> {
    const root = this.#root;
    const known = await this.#profileOver(session);
    // Who tries what is unpacked needs one of their own.
    void this.#connections.openAhead(progress.signal);
    const base = hdfsBase(this.#config.hdfs, known, this.#config);
    const { staging, travelled } = await stageArchive(
      session,
      { edge: this.name, root, globalAlias: this.#config.alias, hdfs: base },
      request,
      known.cluster,
      progress,
      async (place) => following?.begins(place),
    );
    following?.unpacked(staging);
    const copy = { root, archive: request.archive, archivePath: staging.archivePath };
    const hdfs = base
      ? await putIntoHdfs(session, { ...copy, base, kerberos: known.kerberos }, progress)
      : null;
    progress.detail(travelled);
    return launch(session, { ...staging, hdfs });
  }

  /**
   * Asked once in a while: administrators change files. What two first callers share is the answer,
   * not the question: one may be stopped.
   */
  async #profileOver(session: Session): Promise<EdgeProfile> {
    if (this.#profile !== null && this.#isProfileKnown()) return this.#profile.answer;
    const answer = await readProfile(session, this.#root, this.#config.cluster);
    this.#profile = { answer, at: Date.now() };
    return answer;
  }

  #isProfileKnown(): boolean {
    return this.#profile !== null && Date.now() - this.#profile.at <= PROFILE_HOLDS;
  }

  get #target(): SshTarget {
    return targetOf(this.#config, this.#timing.silenceMilliseconds);
  }

  /** Of what nobody follows. */
  #aside(signal: AbortSignal): EdgeReporting {
    return { signal, log: this.#log };
  }

  async #withSession<T>(
    reporting: EdgeReporting,
    task: (session: Session) => Promise<T>,
    attempts?: number,
  ): Promise<T> {
    const session = this.#session(reporting, attempts);
    try {
      const result = await task(session);
      session.done();
      return result;
    } finally {
      // Of a task that failed or was stopped something may still be at work on its connection.
      session.close();
    }
  }

  #session(
    { isAwaited = false, ...reporting }: EdgeReporting,
    attempts = isAwaited ? AWAITED_ATTEMPTS : this.#timing.attempts,
  ) {
    return openSession({
      ...reporting,
      target: this.#target,
      connections: this.#connections,
      environment: this.#config.env,
      attempts,
      isBrief: attempts < this.#timing.attempts,
      backoffMilliseconds: this.#timing.backoffMilliseconds,
      observer: this.#observer,
    });
  }
}

function hopOf({ host, port, user, privateKeyFile, passphraseFile = null, hostKey }: Hop): Hop {
  return { host, port, user, privateKeyFile, passphraseFile, hostKey };
}

/** The configuration's own reader names bad keys; this keeps what becomes a path or a variable safe. */
function checkConfig(config: EdgeConfig): void {
  parseName(config.alias, 'alias');
  const hidden = hiddenBy(config.alias, 'global');
  const wrong =
    !/^(\/[A-Za-z0-9._-]+)+\/?$/.test(config.root) || config.root.includes('/..')
      ? 'root: must be an absolute path of letters, digits, `.`, `_` and `-`'
      : hidden !== null
        ? `alias: \`${config.alias}\` would hide ${hidden}`
        : Object.keys(config.env).find((name) => !isVariable(name));
  if (wrong !== undefined) {
    throw outsideError({
      code: 'bad-config',
      message: `The configuration of edge ${config.name} is wrong: ${wrong}.`,
      suggestion: 'Correct it and start again.',
    });
  }
}
