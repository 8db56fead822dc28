import type { Store } from '../../domain/ports.ts';
import { listOf, parseJson, type Shape, string } from '../../domain/shape.ts';
import type { StoreKeys } from './keys.ts';
import { FORMAT, readStored } from './records.ts';
import type { RedisLink } from './redis.ts';

/** How long a question with a menu can be answered. */
const KEPT_SECONDS = 7 * 24 * 3600;
/** More modules than any channel's packages that people build with; then it is learnt anew. */
const MOST_MODULES = 20_000;

/** What is remembered beside builds and environments, and may be forgotten. */
export function storeMemory(
  link: RedisLink,
  keys: StoreKeys,
): Pick<Store, 'learnModules' | 'readModules' | 'keep' | 'readKept'> {
  return {
    async learnModules(modules) {
      const entries = Object.entries(modules).map(([name, packages]) => [
        name,
        JSON.stringify(packages),
      ]);
      if (entries.length === 0) return;
      await link.call(async (redis) => {
        if ((await redis.hlen(keys.modules)) > MOST_MODULES) await redis.del(keys.modules);
        await redis.hset(keys.modules, Object.fromEntries(entries));
      });
    },

    async readModules() {
      const stored = await link.call((redis) => redis.hgetall(keys.modules));
      const known = Object.entries(stored).flatMap(([name, text]) => {
        const packages = parseJson(text, listOf(string));
        return packages === null ? [] : [[name, packages] as const];
      });
      return Object.fromEntries(known);
    },

    async keep(id, subject) {
      const text = JSON.stringify({ format: FORMAT, subject });
      await link.call((redis) => redis.set(keys.kept(id), text, 'EX', KEPT_SECONDS));
    },

    async readKept<T>(id: string, shape: Shape<T>) {
      const text = await link.call((redis) => redis.get(keys.kept(id)));
      return readStored(text, 'subject', shape);
    },
  };
}
