import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { outsideError, userError } from '../../domain/errors.ts';
import { anything, fitOrNull, mapOf, parseJson, readJson, type Shape } from '../../domain/shape.ts';
import type { RedisLink } from './redis.ts';

/**
 * Records: JSON documents in Redis with a number that every save raises. A record is changed by
 * compare-and-set, so that no change is lost, whoever else changes it in the same moment.
 */

/** Version of the stored documents. Raise it when an older program could misread a new document. */
export const FORMAT = 1;

/** A record whose document is compressed, which versions that know `FORMAT` alone refuse. */
const COMPRESSED = 2;
/** Smaller documents gain nothing by it. Most of a large one is its lock, which shrinks to a fifth. */
const COMPRESSED_FROM = 2_000;

/** A document as it is stored; its format says how it is read. */
export interface Stored {
  format: number;
  document: string | Buffer;
}

/** Every lost race was somebody else's progress, so this many in a row means a defect. */
const RACES = 1_000;

/** What builds and environments differ in. */
export interface RecordKind<T> {
  /** For people, and in the code of the error where there is none: `build`. */
  word: string;
  /** What to do when there is none under an id. */
  suggestion: string;
  key(id: string): string;
  shape: Shape<T>;
  /**
   * Saves `stored` (`value` as a document) when the record is still at `revision`; 0 means that there
   * is no record yet. False when somebody else was faster.
   */
  save(value: T, revision: number, stored: Stored): Promise<boolean>;
}

/** A record that this program cannot read is refused by `read` and `update`, left out by `list`. */
export interface Records<T> {
  /** Rejects with `record-unreadable`. */
  read(id: string): Promise<T | null>;
  /** In the order of `ids`. */
  list(ids: readonly string[]): Promise<T[]>;
  /** False when there is a record already. */
  create(value: T): Promise<boolean>;
  /**
   * Applies `change` to the newest record until it is saved; what `change` throws leaves the record
   * as it is, and so does what `require` throws, between the read and the save. Rejects with
   * `build-not-found` (or the kind's own word) and `record-unreadable`.
   */
  update(id: string, change: (value: T) => T, require?: () => Promise<void>): Promise<T>;
  /**
   * Looks at the newest record until `remove`, given it and the number at which it is, answers something
   * else than null; null where there is no record. What `remove` throws leaves it as it is.
   */
  remove<A>(
    id: string,
    remove: (value: T, revision: number) => Promise<A | null>,
  ): Promise<A | null>;
}

export function createRecords<T>(link: RedisLink, kind: RecordKind<T>): Records<T> {
  const save = (value: T, revision: number) => kind.save(value, revision, toStored(value));

  async function readRecord(id: string): Promise<{ value: T; revision: number } | null> {
    const fields = await link.call((redis) => redis.hmgetBuffer(kind.key(id), ...FIELDS));
    const record = toRecord(fields);
    if (record === null) return null;
    const refuse = (why: string) => unreadable(`${kind.word} ${id}`, why);
    const text = textOf(record);
    if (text === null) throw refuse(`format ${record.format}, which this version cannot read`);
    return { value: readJson(text, kind.shape, refuse), revision: record.revision };
  }

  return {
    read: async (id) => (await readRecord(id))?.value ?? null,

    async list(ids) {
      const records = await readMany(link, ids.map(kind.key));
      return records.flatMap((record) => {
        const text = record && textOf(record);
        return text === null ? [] : (parseJson(text, kind.shape) ?? []);
      });
    },

    create: (value) => save(value, 0),

    async update(id, change, require) {
      for (let race = 0; race < RACES; race += 1) {
        const record = await readRecord(id);
        if (record === null) throw notFound(kind, id);
        await require?.();
        const value = change(record.value);
        if (await save(value, record.revision)) return value;
      }
      throw tooManyRaces(kind, id);
    },

    async remove(id, remove) {
      for (let race = 0; race < RACES; race += 1) {
        const record = await readRecord(id);
        if (record === null) return null;
        const answer = await remove(record.value, record.revision);
        if (answer !== null) return answer;
      }
      throw tooManyRaces(kind, id);
    },
  };
}

const FIELDS = ['revision', 'format', 'document'] as const;

interface StoredRecord {
  revision: number;
  format: number;
  document: Buffer;
}

function toStored(value: unknown): Stored {
  const text = JSON.stringify(value);
  if (text.length < COMPRESSED_FROM) return { format: FORMAT, document: text };
  return { format: COMPRESSED, document: zstdCompressSync(text) };
}

/** The document as JSON; null where a newer version stored it, or it is damaged. */
function textOf({ format, document }: StoredRecord): string | null {
  if (format > COMPRESSED) return null;
  if (format < COMPRESSED) return document.toString();
  try {
    return zstdDecompressSync(document).toString();
  } catch {
    return null;
  }
}

async function readMany(
  link: RedisLink,
  keys: readonly string[],
): Promise<(StoredRecord | null)[]> {
  return link.call(async (redis) => {
    const pipeline = redis.pipeline();
    for (const key of keys) pipeline.hmgetBuffer(key, ...FIELDS);
    const replies = (await pipeline.exec()) ?? [];
    return replies.map(([error, values]) => {
      if (error) throw error;
      // The answer to HMGET: bytes or nothing for each field.
      return toRecord(values as (Buffer | null)[]);
    });
  });
}

function toRecord([revision, format, document]: readonly (Buffer | null)[]): StoredRecord | null {
  if (revision == null || document == null) return null;
  return { revision: Number(`${revision}`), format: Number(`${format}`), document };
}

/**
 * What stands under `field` of a document beside the records, as it was stored by this format and
 * no other. Null for what is not there, of another format or not of the shape.
 */
export function readStored<T>(text: string | null, field: string, shape: Shape<T>): T | null {
  const stored = parseJson(text ?? '', mapOf(anything));
  return stored?.format === FORMAT ? fitOrNull(stored[field], shape) : null;
}

/**
 * Every document of a hash, the oldest first. One that cannot be read is refused and not left out:
 * for what forbids something.
 */
export async function readAll<T extends { at: number }>(
  link: RedisLink,
  key: string,
  field: string,
  shape: Shape<T>,
): Promise<T[]> {
  const stored = await link.call((redis) => redis.hgetall(key));
  return Object.entries(stored)
    .map(([name, text]) => {
      const read = readStored(text, field, shape);
      if (read === null) throw unreadable(`the ${field} of ${name}`, text);
      return read;
    })
    .sort((left, right) => left.at - right.at);
}

const notFound = (kind: Pick<RecordKind<unknown>, 'word' | 'suggestion'>, id: string) =>
  userError({
    code: `${kind.word}-not-found`,
    message: `There is no ${kind.word} ${id}.`,
    suggestion: kind.suggestion,
  });

const tooManyRaces = ({ word }: Pick<RecordKind<unknown>, 'word'>, id: string) =>
  new Error(`${word} ${id} changed ${RACES} times while it was being changed`);

const unreadable = (name: string, details: string) =>
  outsideError({
    code: 'record-unreadable',
    message: `The record of ${name} is none that this version of Conda Ferry can read.`,
    suggestion: 'Run the same version of Conda Ferry in every bot and worker.',
    details,
  });
