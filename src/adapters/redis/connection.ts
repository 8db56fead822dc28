import { open } from 'node:fs/promises';
import { outsideError } from '../../domain/errors.ts';
import { whyNotPrivate } from '../../domain/private-file.ts';
import type { RedisConnection } from './redis.ts';

/** A Redis that is not ours, as configured. */
export interface RedisConfig {
  /** `redis://…`, `rediss://…` or the path of a socket. */
  redisUrl: string;
  redis: {
    /** Certificates of authorities that are trusted in place of all others; null for those of everything else. */
    caFile: string | null;
    /** What the client shows, and its key; null where the server asks for none. */
    certFile: string | null;
    keyFile: string | null;
    /** `host:port` of each sentinel; none: the address is the server's own. */
    sentinels: readonly string[];
    /** What the sentinels call the server. */
    name: string | null;
  };
}

const SENTINEL_PORT = 26_379;

/** Where that Redis is, its certificates read. Throws `redis-certificates`. */
export async function connectionOf({ redisUrl, redis }: RedisConfig): Promise<RedisConnection> {
  if (redisUrl.startsWith('/')) return { socketPath: redisUrl };
  const [ca, cert, key] = await Promise.all([
    readText('redis.caFile', redis.caFile),
    readText('redis.certFile', redis.certFile),
    readText('redis.keyFile', redis.keyFile, true),
  ]);
  const tls = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
  const sentinels = redis.sentinels.map((address) => {
    const { hostname, port } = new URL(`redis://${address}`);
    return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || SENTINEL_PORT) };
  });
  return {
    url: redisUrl,
    ...(redisUrl.startsWith('rediss:') ? { tls } : {}),
    ...(sentinels.length === 0 ? {} : { sentinels, name: redis.name ?? '' }),
  };
}

async function readText(
  key: string,
  file: string | null,
  isSecret = false,
): Promise<string | null> {
  if (file === null) return null;
  let why: string | null;
  try {
    const handle = await open(file);
    try {
      why = isSecret ? whyNotPrivate(await handle.stat(), process.geteuid?.()) : null;
      if (why === null) return await handle.readFile('utf8');
    } finally {
      await handle.close();
    }
  } catch (error) {
    why = (error as Error).message;
  }
  throw outsideError({
    code: 'redis-certificates',
    message: `\`${key}\` names ${file}, which cannot be used: ${why}.`,
    suggestion: `Correct \`${key}\`; a key must be readable by the user who runs this and by nobody else.`,
  });
}
