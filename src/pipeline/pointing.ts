import { recordCopy } from '../domain/catalogue-papers.ts';
import type { Environment } from '../domain/environment.ts';
import type { RecordPapers } from '../domain/manifest.ts';
import type { Progress } from '../domain/ports.ts';
import { pointersOf } from '../domain/reference.ts';
import { type BuildPorts, whyUnreached } from './context.ts';

/**
 * Has every edge that has something of an environment know its names as the record does, and keep a copy
 * of what stands there, from which the catalogue can be had again. Returns that could not be told; the next staging there tells them, or the duty `tell-edges`. Of two
 * at once, the one that tells last may know less: it looks again, and tells what changed meanwhile.
 */
export async function pointEdges(
  ports: BuildPorts,
  environment: Environment,
  progress: Pick<Progress, 'signal' | 'log'>,
): Promise<string[]> {
  const unreached = await tellEdges(ports, environment, progress);
  const now = await ports.store.readEnvironment(environment.name);
  const isMoved = now !== null && textOf(now) !== textOf(environment);
  return isMoved ? pointEdges(ports, now, progress) : unreached;
}

function textOf(environment: Environment): string {
  return JSON.stringify([pointersOf(environment), recordCopy(environment, 0)]);
}

async function recordPapers(ports: BuildPorts, environment: Environment): Promise<RecordPapers> {
  const json = `${JSON.stringify(recordCopy(environment, ports.clock.now()))}\n`;
  return { json, 'json.sig': (await ports.sign?.(json)) ?? '' };
}

async function tellEdges(
  ports: BuildPorts,
  environment: Environment,
  { signal, log }: Pick<Progress, 'signal' | 'log'>,
): Promise<string[]> {
  const stagings = environment.revisions.flatMap((revision) => revision.stagings);
  const names = [...new Set(stagings.map((staging) => staging.edge))];
  const pointers = pointersOf(environment);
  // Where it cannot be signed, every edge says so.
  const papers = recordPapers(ports, environment);
  papers.catch(() => undefined);
  const told = await Promise.all(
    names.map(async (name) => {
      try {
        await ports.edges.get(name)?.point(environment.name, pointers, await papers, signal);
        return [];
      } catch (error) {
        const why = whyUnreached(ports, error, signal);
        log(`edge ${name} does not know what ${environment.name} means now: ${why}`);
        return [name];
      }
    }),
  );
  return told.flat();
}
