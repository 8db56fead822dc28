import type { AuditEntry } from '../domain/audit.ts';
import { isOwned } from '../domain/environment.ts';
import { FerryError, outsideError } from '../domain/errors.ts';
import { TIMING } from '../domain/estimate.ts';
import type { Store } from '../domain/ports.ts';
import {
  anything,
  fit,
  listOf,
  mapOf,
  number,
  object,
  or,
  readJson,
  type Shape,
  string,
} from '../domain/shape.ts';
import { formatSpec } from '../domain/spec.ts';
import {
  APPROVAL,
  AUDIT_ENTRY,
  BLOCK,
  FREEZE,
  readBuild,
  readEnvironment,
  USER_GROUP,
} from '../domain/stored.ts';
import { SUBSCRIPTION, subscriptionKey } from '../domain/subscription.ts';

/**
 * All records as lines of JSON, and back. Each is whole by itself, however much changes while they are read:
 * what a build was about to do is done again, and indexes are made with the records. What waits in queues,
 * logs, checkpoints and notices is no part of it: open builds are queued again by `reconcile`.
 */

/** Raise it when an older program could misread a new backup. */
const FORMAT = 1;

type Refuse = (why: string) => Error;

/** One kind of records of a store, as backups know it. */
interface BackupKind {
  /** `left` is told of ids of records that this version cannot read. */
  values(left: (id: string) => void): AsyncIterable<unknown>;
  /** False for one that the store has. `isDone`: it is added, and not only counted. */
  addNew(value: unknown, refuse: Refuse, isDone: boolean): Promise<boolean>;
}

interface Kind<T> {
  shape: Shape<T>;
  /** Ids of all; some may come twice. */
  ids(): AsyncIterable<string>;
  /** Null for one that is not there. */
  read(id: string): Promise<T | null>;
  idOf(value: T): string;
  add(value: T): Promise<unknown>;
}

/** In the order in which they are written and read: an environment comes before its builds. */
function kindsIn(store: Store): Readonly<Record<string, BackupKind>> {
  return {
    environment: single({
      shape: readEnvironment,
      async *ids() {
        for await (const { name } of store.everyOutline()) yield name;
      },
      async read(name) {
        const environment = await store.readEnvironment(name);
        return environment && isOwned(environment) ? environment : null;
      },
      idOf: ({ name }) => name,
      async add(value) {
        await store.claimEnvironment(value.name, value.owner, value.createdAt);
        await store.updateEnvironment(value.name, (known) => (isOwned(known) ? known : value));
      },
    }),
    build: single({
      shape: readBuild,
      ids: () => store.everyOldBuild({ before: Number.MAX_SAFE_INTEGER, newest: 1_000_000 }),
      read: (id) => store.readBuild(id),
      idOf: ({ id }) => id,
      add: (value) => store.beginBuild(value),
    }),
    approval: listed({
      shape: APPROVAL,
      list: () => store.listApprovals(),
      idOf: ({ id }) => id,
      add: (value) => store.createApproval(value),
    }),
    group: listed({
      shape: USER_GROUP,
      list: () => store.readGroups(),
      idOf: ({ id }) => id,
      add: (value) => store.writeGroup(value),
    }),
    freeze: listed({
      shape: FREEZE,
      list: () => store.readFreezes(),
      idOf: ({ edge }) => edge ?? '',
      add: (value) => store.writeFreeze(value),
    }),
    block: listed({
      shape: BLOCK,
      list: () => store.readBlocks(),
      idOf: ({ spec }) => formatSpec(spec),
      add: (value) => store.writeBlock(value),
    }),
    subscription: listed({
      shape: SUBSCRIPTION,
      list: () => store.readSubscriptions(),
      idOf: subscriptionKey,
      add: (value) => store.writeSubscription(value),
    }),
    timing: listed({
      shape: TIMING,
      list: async () => (await store.readTimings()).reverse(),
      idOf: (value) => JSON.stringify(value),
      add: (value) => store.addTiming(value),
    }),
    modules: listed({
      shape: mapOf(listOf(string)),
      async list() {
        const modules = await store.readModules();
        return Object.keys(modules).length === 0 ? [] : [modules];
      },
      idOf: (value) => JSON.stringify(Object.entries(value).sort()),
      add: (value) => store.learnModules(value),
    }),
    audit: listed({
      shape: AUDIT_ENTRY,
      async list() {
        const entries: AuditEntry[] = [];
        for await (const entry of store.auditEntries(0)) entries.push(entry);
        return entries.reverse();
      },
      idOf: (value) => JSON.stringify(value),
      add: (value) => store.appendAudit(value),
    }),
  };
}

function single<T>({ shape, ids, read, idOf, add }: Kind<T>): BackupKind {
  return {
    async *values(left) {
      const seen = new Set<string>();
      for await (const id of ids()) {
        if (seen.has(id)) continue;
        seen.add(id);
        try {
          const value = await read(id);
          if (value !== null) yield value;
        } catch (error) {
          if (!(error instanceof FerryError) || error.code !== 'record-unreadable') throw error;
          left(id);
        }
      }
    },
    async addNew(given, refuse, isDone) {
      const value = fit(given, shape, refuse);
      if ((await read(idOf(value))) !== null) return false;
      if (isDone) await add(value);
      return true;
    },
  };
}

/** A kind of which all are read at once, when the first one is asked for; the first one comes first. */
function listed<T>({
  list,
  ...kind
}: Omit<Kind<T>, 'ids' | 'read'> & { list(): Promise<readonly T[]> }): BackupKind {
  let reading: Promise<Map<string, T>> | null = null;
  const all = () => {
    reading ??= list().then((values) => new Map(values.map((each) => [kind.idOf(each), each])));
    return reading;
  };
  return single({
    ...kind,
    async *ids() {
      yield* (await all()).keys();
    },
    read: async (id) => (await all()).get(id) ?? null,
  });
}

/** How many records there are of each kind. */
export type Counts = Readonly<Record<string, number>>;

/** All lines of a backup; `left` is told of records that this version cannot read: `build b012`. */
export async function* backupLines(
  store: Store,
  now: number,
  left: (label: string) => void,
): AsyncGenerator<string, Counts> {
  const counts: Record<string, number> = {};
  yield line({ backup: PRODUCT, format: FORMAT, at: now });
  for (const [name, kind] of Object.entries(kindsIn(store))) {
    for await (const value of kind.values((id) => left(`${name} ${id}`))) {
      counts[name] = (counts[name] ?? 0) + 1;
      yield line({ kind: name, value });
    }
  }
  yield line({ end: counts });
  return counts;
}

const PRODUCT = 'conda-ferry';
const line = (value: unknown) => `${JSON.stringify(value)}\n`;

const HEAD = object<{ backup: string; format: number; at: number }>({
  ...{ backup: string, format: number, at: number },
});

const RECORD = object<{ kind: string; value: unknown; end: unknown }>({
  ...{ kind: or(string, ''), value: anything, end: anything },
});

/** What a backup has: what the store lacks of it, and what it has already. */
export interface BackupRead {
  /** When it was taken: Unix milliseconds. */
  at: number;
  missing: Counts;
  known: Counts;
}

/**
 * Adds the records of a backup that the store does not have, or only counts them. Errors:
 * `backup-unreadable`, with the line.
 */
export async function restoreLines(
  store: Store,
  lines: AsyncIterable<string>,
  { isDone }: { isDone: boolean },
): Promise<BackupRead> {
  const counts: Record<'missing' | 'known', Record<string, number>> = { missing: {}, known: {} };
  const kinds = kindsIn(store);
  let at: number | null = null;
  let isWhole = false;
  let place = 0;
  for await (const text of lines) {
    place += 1;
    const refuse = (why: string) => unreadable(`line ${place}: ${why}`);
    if (at === null) {
      at = headIn(text, refuse);
      continue;
    }
    const { kind: name, value, end } = readJson(text, RECORD, refuse);
    if (end !== undefined) isWhole = true;
    else {
      const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
      if (kind === undefined) throw refuse(`there are no records called \`${name}\``);
      const isNew = await kind.addNew(value, refuse, isDone);
      const count = counts[isNew ? 'missing' : 'known'];
      count[name] = (count[name] ?? 0) + 1;
    }
  }
  if (at === null || !isWhole) throw unreadable('it ends too early');
  return { at, ...counts };
}

function headIn(text: string, refuse: Refuse): number {
  const { backup, format, at } = readJson(text, HEAD, refuse);
  if (backup !== PRODUCT) throw refuse('it is no backup of Conda Ferry');
  if (format > FORMAT) throw refuse('a newer version of Conda Ferry wrote it');
  return at;
}

export function unreadable(why: string): FerryError {
  return outsideError({
    code: 'backup-unreadable',
    message: `This backup cannot be read: ${why}.`,
    suggestion: 'Name another one; `conda-ferry backup FILE` writes them.',
  });
}
