import { openRedis, type RedisConnection } from '../../src/adapters/redis/redis.ts';

/** How many commands the server has carried out since it began. */
export async function commandsOf(connection: RedisConnection): Promise<number> {
  const redis = openRedis(connection, 'worker');
  try {
    return Number(/total_commands_processed:(\d+)/.exec(await redis.info('stats'))?.[1]);
  } finally {
    redis.disconnect();
  }
}
