import {
  type Build,
  type BuildState,
  isSettled,
  newBuild,
  type StepName,
} from '../../domain/build.ts';
import type { Environment } from '../../domain/environment.ts';
import { outsideError, userError } from '../../domain/errors.ts';
import type { Notice, Store } from '../../domain/ports.ts';
import { openLink, type RedisConnection, subscribe } from './redis.ts';
import {
  HOLD,
  LEASE_NOTICE,
  RELEASE,
  SAVE_BUILD,
  SAVE_ENVIRONMENT,
  SCHEDULE_NOTICE,
  SETTLE_NOTICE,
} from './scripts.ts';

/** Version of the stored documents. Raise it when an older program could misread a new document. */
const FORMAT = 1;
const LOG_LINES = 5_000;
const LOG_LINE_LENGTH = 2_000;
/** Logs and checkpoints serve retries and questions; after a month a build starts from the beginning. */
const WORKING_DATA_SECONDS = 30 * 24 * 3600;
/** How long a question with a menu can be answered. */
const KEPT_SECONDS = 7 * 24 * 3600;
/** How long a sent notice is remembered, so that a repeated step cannot send it again. */
const SENT_NOTICE_SECONDS = 7 * 24 * 3600;
/** A build may take a hold a moment before its own record says that it is at work. */
const YOUNG_HOLD_MS = 5_000;
/** Every lost race was somebody else's progress, so this many in a row means a defect. */
const RACES = 1_000;
/** More modules than any channel's packages that people build with; then it is learnt anew. */
const MOST_MODULES = 20_000;
/** Records read at a time; a record with a long lock weighs about 100 kB. */
const PAGE = 100;

export interface RedisStore extends Store {
  /**
   * True for the first caller within `seconds`, false for everybody after: deliveries of Slack
   * that arrive twice are told apart by it.
   */
  once(key: string, seconds: number): Promise<boolean>;
}

/**
 * The store over Redis: builds and environments as JSON with a revision number for atomic
 * compare-and-set, sorted sets as indexes, pub/sub for changes.
 *
 * Every call rejects within two seconds with `store-unavailable` or `store-full` when Redis cannot
 * serve it. A record written by a newer program is refused with `record-unreadable` where it is
 * asked for by name, and left out of lists.
 */
export function createStore(options: { connection: RedisConnection; prefix: string }): RedisStore {
  const { prefix } = options;
  const link = openLink(options.connection);
  const watches = new Set<() => void>();

  const key = {
    build: (id: string) => `${prefix}:build:${id}`,
    builds: `${prefix}:builds`,
    buildsOfEnvironment: (name: string) => `${prefix}:builds:environment:${name}`,
    buildsOfUser: (user: string) => `${prefix}:builds:user:${user}`,
    changed: `${prefix}:builds:changed`,
    unsettled: `${prefix}:builds:unsettled`,
    changes: `${prefix}:changes`,
    environment: (name: string) => `${prefix}:environment:${name}`,
    environments: `${prefix}:environments`,
    hold: (name: string) => `${prefix}:hold:${name}`,
    checkpoints: (id: string) => `${prefix}:checkpoints:${id}`,
    log: (id: string) => `${prefix}:log:${id}`,
    modules: `${prefix}:modules`,
    noticesByTime: `${prefix}:notices:due`,
    notices: `${prefix}:notices`,
    noticeLease: (id: string) => `${prefix}:notice:lease:${id}`,
    noticeSent: (id: string) => `${prefix}:notice:sent:${id}`,
    kept: (id: string) => `${prefix}:kept:${id}`,
    once: (name: string) => `${prefix}:once:${name}`,
  };

  const evaluate = (
    script: string,
    keys: readonly string[],
    values: readonly (string | number)[],
  ): Promise<unknown> => link.call((redis) => redis.eval(script, keys.length, ...keys, ...values));

  /** Saves when the record is still at `revision` (0: does not exist yet); false when it is not. */
  async function saveBuild(build: Build, revision: number): Promise<boolean> {
    const environment = build.request.environment;
    const saved = await evaluate(
      SAVE_BUILD,
      [
        key.build(build.id),
        key.builds,
        key.buildsOfEnvironment(environment),
        key.buildsOfUser(build.requester.user),
        key.changed,
        key.unsettled,
        key.hold(environment),
      ],
      [
        build.id,
        revision,
        FORMAT,
        JSON.stringify(build),
        isSettled(build) ? 1 : 0,
        build.createdAt,
        key.changes,
      ],
    );
    return saved === 1;
  }

  async function saveEnvironment(environment: Environment, revision: number): Promise<boolean> {
    const saved = await evaluate(
      SAVE_ENVIRONMENT,
      [key.environment(environment.name), key.environments],
      [environment.name, revision, FORMAT, JSON.stringify(environment)],
    );
    return saved === 1;
  }

  const readRecord = async (recordKey: string): Promise<StoredRecord | null> =>
    link.call(async (redis) => toRecord(await redis.hmget(recordKey, ...RECORD_FIELDS)));

  async function readRecords(keys: readonly string[]): Promise<(StoredRecord | null)[]> {
    return link.call(async (redis) => {
      const pipeline = redis.pipeline();
      for (const recordKey of keys) pipeline.hmget(recordKey, ...RECORD_FIELDS);
      const replies = (await pipeline.exec()) ?? [];
      return replies.map(([error, values]) => {
        if (error) throw error;
        return toRecord(values as (string | null)[]);
      });
    });
  }

  async function readEnvironment(name: string): Promise<Environment | null> {
    const record = await readRecord(key.environment(name));
    return record && parseRecord(record, `environment ${name}`, toEnvironment);
  }

  /** Milliseconds since the epoch by Redis' clock. */
  async function serverTime(): Promise<number> {
    const [seconds, microseconds] = await link.call((redis) => redis.time());
    return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000);
  }

  return {
    async createBuild(build) {
      if (!(await saveBuild(build, 0))) throw new Error(`build ${build.id} exists already`);
    },

    async readBuild(id) {
      const record = await readRecord(key.build(id));
      return record && parseRecord(record, `build ${id}`, toBuild);
    },

    async updateBuild(id, change) {
      for (let race = 0; race < RACES; race += 1) {
        const record = await readRecord(key.build(id));
        if (!record) {
          throw userError({
            code: 'build-not-found',
            message: `There is no build ${id}.`,
            suggestion: 'List the latest builds to see their ids.',
          });
        }
        const build = change(parseRecord(record, `build ${id}`, toBuild));
        if (await saveBuild(build, record.revision)) return build;
      }
      throw new Error(`build ${id} changed ${RACES} times while it was being changed`);
    },

    async listBuilds(filter) {
      const index =
        filter.environment !== undefined
          ? key.buildsOfEnvironment(filter.environment)
          : filter.user !== undefined
            ? key.buildsOfUser(filter.user)
            : key.builds;
      const builds: Build[] = [];
      const page = Math.min(Math.max(filter.limit, 1), PAGE);
      for (let start = 0; builds.length < filter.limit; start += page) {
        const ids = await link.call((redis) => redis.zrevrange(index, start, start + page - 1));
        const records = await readRecords(ids.map(key.build));
        for (const record of records) {
          const build = record && readable(record, toBuild);
          if (build && (filter.user === undefined || build.requester.user === filter.user)) {
            builds.push(build);
          }
        }
        if (ids.length < page) break;
      }
      return builds.slice(0, filter.limit);
    },

    readEnvironment,

    async listEnvironments() {
      const names = await link.call((redis) => redis.smembers(key.environments));
      const records = await readRecords(names.sort().map(key.environment));
      return records.flatMap((record) => (record && readable(record, toEnvironment)) ?? []);
    },

    async claimEnvironment(name, owner, now) {
      const environment = { name, owner, createdAt: now, revisions: [] };
      if (await saveEnvironment(environment, 0)) return environment;
      const existing = await readEnvironment(name);
      if (!existing) throw new Error(`environment ${name} vanished while it was being claimed`);
      return existing;
    },

    async updateEnvironment(name, change) {
      for (let race = 0; race < RACES; race += 1) {
        const record = await readRecord(key.environment(name));
        if (!record) {
          throw userError({
            code: 'environment-not-found',
            message: `There is no environment ${name}.`,
            suggestion: 'List the environments to see their names.',
          });
        }
        const environment = change(parseRecord(record, `environment ${name}`, toEnvironment));
        if (await saveEnvironment(environment, record.revision)) return environment;
      }
      throw new Error(`environment ${name} changed ${RACES} times while it was being changed`);
    },

    async holdEnvironment(name, buildId) {
      const holder = String(
        await evaluate(HOLD, [key.hold(name)], [buildId, key.build(''), YOUNG_HOLD_MS]),
      );
      return { held: holder === buildId, holder };
    },

    async releaseEnvironment(name, buildId) {
      await evaluate(RELEASE, [key.hold(name)], [buildId]);
    },

    async readCheckpoint<T>(buildId: string, step: StepName) {
      const text = await link.call((redis) => redis.hget(key.checkpoints(buildId), step));
      const checkpoint = parseJson(text) as { format?: unknown; result?: T } | null;
      // A checkpoint that cannot be read only means that its step runs again.
      return checkpoint?.format === FORMAT ? (checkpoint.result as T) : null;
    },

    async writeCheckpoint(buildId, step, result) {
      const text = JSON.stringify({ format: FORMAT, result });
      await link.transaction((commands) =>
        commands
          .hset(key.checkpoints(buildId), step, text)
          .expire(key.checkpoints(buildId), WORKING_DATA_SECONDS),
      );
    },

    async appendLog(buildId, lines) {
      if (lines.length === 0) return;
      const kept = lines.slice(-LOG_LINES).map((line) => cut(line, LOG_LINE_LENGTH));
      await link.transaction((commands) =>
        commands
          .rpush(key.log(buildId), ...kept)
          .ltrim(key.log(buildId), -LOG_LINES, -1)
          .expire(key.log(buildId), WORKING_DATA_SECONDS),
      );
    },

    async readLog(buildId, last) {
      if (last <= 0) return [];
      return link.call((redis) => redis.lrange(key.log(buildId), -last, -1));
    },

    async learnModules(modules) {
      const entries = Object.entries(modules).map(([name, packages]) => [
        name,
        JSON.stringify(packages),
      ]);
      if (entries.length === 0) return;
      await link.call(async (redis) => {
        if ((await redis.hlen(key.modules)) > MOST_MODULES) await redis.del(key.modules);
        await redis.hset(key.modules, Object.fromEntries(entries));
      });
    },

    async readModules() {
      const stored = await link.call((redis) => redis.hgetall(key.modules));
      const known = Object.entries(stored).flatMap(([name, text]) => {
        const packages = parseJson(text);
        return Array.isArray(packages) ? [[name, packages.map(String)] as const] : [];
      });
      return Object.fromEntries(known);
    },

    async keep(id, subject) {
      const text = JSON.stringify({ format: FORMAT, subject });
      await link.call((redis) => redis.set(key.kept(id), text, 'EX', KEPT_SECONDS));
    },

    async readKept<T>(id: string) {
      const text = await link.call((redis) => redis.get(key.kept(id)));
      const kept = parseJson(text) as { format?: unknown; subject?: T } | null;
      return kept?.format === FORMAT ? (kept.subject as T) : null;
    },

    async addNotice(notice) {
      await evaluate(
        SCHEDULE_NOTICE,
        [key.noticesByTime, key.notices, key.noticeSent(notice.id)],
        [notice.id, notice.dueAt, JSON.stringify({ format: FORMAT, notice })],
      );
    },

    async dueNotices(now, limit) {
      return link.call(async (redis) => {
        const ids = await redis.zrangebyscore(key.noticesByTime, '-inf', now, 'LIMIT', 0, limit);
        if (ids.length === 0) return [];
        const texts = await redis.hmget(key.notices, ...ids);
        return texts.flatMap((text) => toNotice(text) ?? []);
      });
    },

    async leaseNotice(id, until) {
      const leased = await evaluate(
        LEASE_NOTICE,
        [key.noticesByTime, key.noticeLease(id)],
        [id, Math.max(until - Date.now(), 1)],
      );
      return leased === 1;
    },

    async postponeNotice(id, until) {
      await link.transaction((commands) =>
        commands.zadd(key.noticesByTime, 'XX', until, id).del(key.noticeLease(id)),
      );
    },

    async settleNotice(id) {
      await evaluate(
        SETTLE_NOTICE,
        [key.noticesByTime, key.notices, key.noticeLease(id), key.noticeSent(id)],
        [id, SENT_NOTICE_SECONDS],
      );
    },

    async watch(listener) {
      // Times are Redis' own. Everything up to `heardUntil` has been heard; it stands still from
      // the moment a connection is lost until what was missed has been looked up.
      let heardUntil = await serverTime();
      let isCaughtUp = true;
      const catchUp = async () => {
        const until = await serverTime();
        const { unsettled, changed } = await link.call(async (redis) => ({
          unsettled: await redis.smembers(key.unsettled),
          changed: await redis.zrangebyscore(key.changed, heardUntil, '+inf'),
        }));
        heardUntil = until;
        isCaughtUp = true;
        for (const id of new Set([...changed, ...unsettled])) listener(id);
      };
      const subscription = subscribe({
        connection: options.connection,
        channel: key.changes,
        message(text) {
          const space = text.indexOf(' ');
          if (isCaughtUp) heardUntil = Number(text.slice(0, space));
          listener(text.slice(space + 1));
        },
        lost() {
          isCaughtUp = false;
        },
        subscribed() {
          // Lost again already: the next subscription catches up from the same moment.
          catchUp().catch(() => {});
        },
      });
      watches.add(subscription.close);
      try {
        await link.call(() => subscription.established);
      } catch (error) {
        watches.delete(subscription.close);
        subscription.close();
        throw error;
      }
      return async () => {
        watches.delete(subscription.close);
        subscription.close();
      };
    },

    async once(name, seconds) {
      const answer = await link.call((redis) =>
        redis.set(key.once(name), '1', 'EX', seconds, 'NX'),
      );
      return answer === 'OK';
    },

    async ping() {
      await link.call((redis) => redis.ping());
    },

    async close() {
      for (const close of watches) close();
      watches.clear();
      link.close();
    },
  };
}

const RECORD_FIELDS = ['revision', 'format', 'document'] as const;

interface StoredRecord {
  revision: number;
  format: number;
  document: string;
}

function toRecord([revision, format, document]: readonly (string | null)[]): StoredRecord | null {
  if (revision == null || document == null) return null;
  return { revision: Number(revision), format: Number(format), document };
}

/** The document of a record, or `record-unreadable` when this program does not understand it. */
function parseRecord<T>(
  record: StoredRecord,
  name: string,
  convert: (document: Document) => T | null,
): T {
  const converted = readable(record, convert);
  if (converted) return converted;
  throw outsideError({
    code: 'record-unreadable',
    message: `The record of ${name} was written by another version of Conda Ferry.`,
    suggestion: 'Run the same version of Conda Ferry in every bot and worker.',
    details: `format ${record.format}; this version reads up to ${FORMAT}`,
  });
}

function readable<T>(record: StoredRecord, convert: (document: Document) => T | null): T | null {
  if (!(record.format <= FORMAT)) return null;
  const document = parseJson(record.document);
  return isDocument(document) ? convert(document) : null;
}

type Document = Record<string, unknown>;

/** Fields that an older program did not know get the values of a new build. */
function toBuild(document: Document): Build | null {
  const { id, request, requester, state, createdAt } = document as Partial<Build>;
  const isBuild =
    typeof id === 'string' &&
    typeof request?.environment === 'string' &&
    typeof requester?.user === 'string' &&
    BUILD_STATES.some((known) => known === state);
  if (!isBuild) return null;
  return { ...newBuild({ id, request, requester, now: createdAt ?? 0 }), ...document };
}

const BUILD_STATES: readonly BuildState[] = ['queued', 'running', 'ready', 'failed', 'cancelled'];

function toEnvironment(document: Document): Environment | null {
  const { name, owner, createdAt, revisions } = document as Partial<Environment>;
  if (typeof name !== 'string' || typeof owner !== 'string') return null;
  return { ...document, name, owner, createdAt: createdAt ?? 0, revisions: revisions ?? [] };
}

function toNotice(text: string | null): Notice | null {
  const stored = parseJson(text) as { format?: unknown; notice?: Notice } | null;
  return stored?.format === FORMAT ? (stored.notice ?? null) : null;
}

function parseJson(text: string | null): unknown {
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isDocument(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function cut(line: string, length: number): string {
  return line.length <= length ? line : `${line.slice(0, length - 1)}…`;
}
