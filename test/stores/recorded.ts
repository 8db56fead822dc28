/**
 * What Redis holds as text, so that it can be kept in the repository and put into another server: a key a
 * line, with its type, its value and what is left of its life. Places that belong to the machine stand as
 * `{name}`, also in documents that are compressed.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { Redis } from 'ioredis';
import type { RedisConnection } from '../../src/adapters/redis/redis.ts';

/** Names of what differs between machines, and what it is here: `{ root: '/tmp/ferry-path-x/root' }`. */
export type Places = Readonly<Record<string, string>>;

/** Text; what was compressed with zstd, as text; or bytes, as base64. */
type Value = string | { zstd: string } | { base64: string };
type Content =
  | { type: 'string'; value: Value }
  | { type: 'hash'; value: readonly (readonly [string, Value])[] }
  | { type: 'list' | 'set'; value: readonly Value[] }
  | { type: 'zset'; value: readonly (readonly [string, Value])[] };
/** `ttl`: milliseconds; null for what stays. */
type Line = Content & { key: string; ttl: number | null };

const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/** A moment in milliseconds, as records, scores and jobs have it. */
const MOMENT = /(?<!\w)\d{13}(?!\w)/g;
/** What differs by more from the moment of recording is no moment of that day. */
const NEAR_MS = 60 * 24 * 3600_000;

/** Writes all that the server holds into a file; streams are left out: whoever listened has heard. */
export async function record(connection: RedisConnection, file: string, places: Places) {
  const redis = open(connection);
  try {
    const keys = (await redis.keys('*')).sort();
    const lines: Line[] = [];
    for (const key of keys) {
      const content = await contentOf(redis, key, (bytes) => kept(bytes, places));
      const ttl = await redis.pttl(key);
      if (content) lines.push({ key, ttl: ttl < 0 ? null : ttl, ...content });
    }
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    writeFileSync(file, zstdCompressSync(`${JSON.stringify({ recordedAt: Date.now() })}\n${text}`));
    return lines.length;
  } finally {
    redis.disconnect();
  }
}

/**
 * Puts what a file holds into an empty server, with this machine's places, and as if it had been recorded
 * now: what is due in a week is due in a week.
 */
export async function load(connection: RedisConnection, file: string, places: Places) {
  const redis = open(connection);
  try {
    const [head = '', ...lines] = zstdDecompressSync(readFileSync(file))
      .toString()
      .trimEnd()
      .split('\n');
    // Written by `record` alone, as all that follows.
    const { recordedAt } = JSON.parse(head) as { recordedAt: number };
    const ago = Date.now() - recordedAt;
    for (const line of lines) {
      const text = line.replace(MOMENT, (digits) => {
        const moment = Number(digits);
        return Math.abs(moment - recordedAt) < NEAR_MS ? `${moment + ago}` : digits;
      });
      const { key, ttl, ...content } = JSON.parse(text) as Line;
      await put(redis, key, content, (value) => restored(value, places));
      if (ttl !== null) await redis.pexpire(key, ttl);
    }
    return lines.length;
  } finally {
    redis.disconnect();
  }
}

function open(connection: RedisConnection): Redis {
  return 'socketPath' in connection ? new Redis(connection.socketPath) : new Redis(connection.url);
}

async function contentOf(
  redis: Redis,
  key: string,
  read: (bytes: Buffer) => Value,
): Promise<Content | null> {
  const type = await redis.type(key);
  if (type === 'string') return { type, value: read((await redis.getBuffer(key)) ?? ZSTD) };
  if (type === 'hash') {
    const fields = Object.entries(await redis.hgetallBuffer(key));
    return { type, value: fields.map(([field, bytes]) => [field, read(bytes)] as const) };
  }
  if (type === 'list') return { type, value: (await redis.lrangeBuffer(key, 0, -1)).map(read) };
  if (type === 'set') return { type, value: (await redis.smembersBuffer(key)).map(read) };
  if (type === 'zset') {
    const members = await redis.zrange(key, '0', '-1', 'WITHSCORES');
    const pairs = members.flatMap((member, at) =>
      at % 2 === 0 ? [[`${members[at + 1]}`, read(Buffer.from(`${member}`))] as const] : [],
    );
    return { type, value: pairs };
  }
  return null;
}

async function put(
  redis: Redis,
  key: string,
  content: Content,
  bytes: (value: Value) => Buffer,
): Promise<void> {
  const { type, value } = content;
  if (type === 'string') await redis.set(key, bytes(value));
  if (type === 'hash') for (const [field, each] of value) await redis.hset(key, field, bytes(each));
  if (type === 'list') for (const each of value) await redis.rpush(key, bytes(each));
  if (type === 'set') for (const each of value) await redis.sadd(key, bytes(each));
  if (type === 'zset') for (const [score, each] of value) await redis.zadd(key, score, bytes(each));
}

function kept(bytes: Buffer, places: Places): Value {
  if (bytes.subarray(0, 4).equals(ZSTD))
    return { zstd: without(zstdDecompressSync(bytes).toString(), places) };
  const text = bytes.toString();
  return Buffer.from(text).equals(bytes)
    ? without(text, places)
    : { base64: bytes.toString('base64') };
}

function restored(value: Value, places: Places): Buffer {
  if (typeof value === 'string') return Buffer.from(within(value, places));
  if ('base64' in value) return Buffer.from(value.base64, 'base64');
  return zstdCompressSync(within(value.zstd, places));
}

/** The longest first: one place may be inside another. */
const without = (text: string, places: Places): string =>
  Object.entries(places)
    .sort(([, left], [, right]) => right.length - left.length)
    .reduce((rest, [name, place]) => rest.replaceAll(place, `{${name}}`), text);

const within = (text: string, places: Places): string =>
  Object.entries(places).reduce((rest, [name, place]) => rest.replaceAll(`{${name}}`, place), text);
