import type { SentAhead } from '../../domain/ports.ts';
import type { BuildRun } from '../context.ts';
import { Growth } from '../growth.ts';
import { detailOf } from './detail.ts';
import { edgesOf, type Solved } from './solve.ts';
import { type Ahead, requireOpen } from './stage.ts';

/**
 * Makes an archive; while it is written, what is final of it travels to every edge, in the step `stage`.
 * That is only a beginning: whatever is wrong with an edge is said when it is staged there.
 */
export async function sendingAhead<T>(
  run: BuildRun,
  solved: Solved,
  make: (growth: Growth) => Promise<T>,
): Promise<{ made: T; ahead: Ahead }> {
  const { environment } = run.build.request;
  const growth = new Growth({ ...solved, name: `${environment}.${solved.format}` });
  const stop = new AbortController();
  const sending = sendAhead(run, solved, growth, AbortSignal.any([run.signal, stop.signal]));
  sending.catch(() => undefined);
  try {
    const made = await make(growth);
    growth.end();
    // What must not be staged is said by the step itself, as is whatever else went wrong.
    return { made, ahead: await sending.catch(() => new Map()) };
  } catch (error) {
    growth.fail(error);
    stop.abort(error);
    await sending.catch(() => undefined);
    await run.putBack('stage');
    throw error;
  }
}

async function sendAhead(
  run: BuildRun,
  solved: Solved,
  growth: Growth,
  signal: AbortSignal,
): Promise<Ahead> {
  const ahead = new Map<string, SentAhead>();
  // One that lies here already, or is put together in no time, does not grow.
  const begun = await growth.beyond(0).catch(() => null);
  if (begun === null || begun.isWhole) return ahead;
  await requireOpen(run, solved);
  await run.beginStep('stage', async (progress) => {
    const detail = detailOf(progress);
    await Promise.allSettled(
      edgesOf(run.ports, run.build.request).map(async (edge) => {
        const reporting = { ...progress, signal, detail: detail(edge) };
        ahead.set(edge.name, await edge.sendAhead(growth, reporting));
      }),
    );
  });
  return ahead;
}
