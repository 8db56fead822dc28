import type { StepName } from '../../domain/build.ts';
import type { Store } from '../../domain/ports.ts';
import type { Shape } from '../../domain/shape.ts';
import type { StoreKeys } from './keys.ts';
import { FORMAT, readStored } from './records.ts';
import type { RedisLink } from './redis.ts';

const LOG_LINES = 5_000;
const LOG_LINE_LENGTH = 2_000;
/** Both serve retries and questions; after a month a build starts from the beginning. */
const KEPT_SECONDS = 30 * 24 * 3600;

/** How far a build has come: the results of its steps and its log. */
export function storeProgress(
  link: RedisLink,
  keys: StoreKeys,
): Pick<Store, 'readCheckpoint' | 'writeCheckpoint' | 'appendLog' | 'readLog' | 'removeProgress'> {
  return {
    async readCheckpoint<T>(buildId: string, step: StepName, shape: Shape<T>) {
      const text = await link.call((redis) => redis.hget(keys.checkpoints(buildId), step));
      // A checkpoint that cannot be read only means that its step runs again.
      return readStored(text, 'result', shape);
    },

    async writeCheckpoint(buildId, step, result) {
      const text = JSON.stringify({ format: FORMAT, result });
      await link.transaction((commands) =>
        commands
          .hset(keys.checkpoints(buildId), step, text)
          .expire(keys.checkpoints(buildId), KEPT_SECONDS),
      );
    },

    async appendLog(buildId, lines) {
      if (lines.length === 0) return;
      const kept = lines.slice(-LOG_LINES).map((line) => cut(line, LOG_LINE_LENGTH));
      await link.transaction((commands) =>
        commands
          .rpush(keys.log(buildId), ...kept)
          .ltrim(keys.log(buildId), -LOG_LINES, -1)
          .expire(keys.log(buildId), KEPT_SECONDS),
      );
    },

    async removeProgress(buildIds) {
      const gone = buildIds.flatMap((id) => [keys.log(id), keys.checkpoints(id)]);
      if (gone.length > 0) await link.call((redis) => redis.del(...gone));
    },

    async readLog(buildId, last) {
      if (last <= 0) return [];
      return link.call((redis) => redis.lrange(keys.log(buildId), -last, -1));
    },
  };
}

function cut(line: string, length: number): string {
  return line.length <= length ? line : `${line.slice(0, length - 1)}…`;
}
