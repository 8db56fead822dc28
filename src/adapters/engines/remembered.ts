import type { Clock, Engine, EngineDescription } from '../../domain/ports.ts';

/** An engine that is replaced in place is called by its new version after so long. */
const REMEMBERED_MS = 10 * 60_000;

/**
 * The engine, asked for its version now and then instead of before every solve: that takes a process
 * of its own, as long as a small solve takes.
 */
export function rememberDescription(engine: Engine, { now }: Clock): Engine {
  let known: { description: EngineDescription; until: number } | null = null;
  return {
    name: engine.name,
    async describe() {
      if (known === null || now() >= known.until) {
        known = { description: await engine.describe(), until: now() + REMEMBERED_MS };
      }
      return known.description;
    },
    solve: (request, progress) => engine.solve(request, progress),
    create: (request, progress) => engine.create(request, progress),
    createSome: engine.createSome?.bind(engine) ?? null,
    close: () => engine.close(),
  };
}
