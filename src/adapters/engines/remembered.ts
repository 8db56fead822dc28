import { throwIfStopped } from '../../domain/errors.ts';
import type { Clock, Engine, EngineDescription } from '../../domain/ports.ts';

/** An engine that is replaced in place is called by its new version after so long. */
const REMEMBERED_MS = 10 * 60_000;

/**
 * The engine, asked for its version now and then instead of before every solve: that takes a process
 * of its own, as long as a small solve takes.
 */
export function rememberDescription(engine: Engine, { now }: Clock): Engine {
  let known: { description: EngineDescription; until: number } | null = null;
  async function describe() {
    if (known === null || now() >= known.until) {
      known = { description: await engine.describe(), until: now() + REMEMBERED_MS };
    }
    return known.description;
  }
  return {
    name: engine.name,
    describe,
    ...(engine.warm && {
      async warm(channels, platform, progress) {
        await engine.warm?.(channels, platform, progress);
        throwIfStopped(progress.signal);
        await describe();
      },
    }),
    solve: (request, progress) => engine.solve(request, progress),
    create: (request, progress) => engine.create(request, progress),
    createSome: engine.createSome?.bind(engine) ?? null,
    close: () => engine.close(),
  };
}
