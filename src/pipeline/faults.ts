/** Tells operators what only they can mend, once, and that it is gone. */
import type { Build } from '../domain/build.ts';
import { CALLING_CODES, FAULTS, type Fault, faultKey, GONE_WHEN_REACHED } from '../domain/fault.ts';
import type { Progress } from '../domain/ports.ts';
import type { SchedulePorts } from './schedules.ts';

const RECENT_BUILDS = 100;
const HOUR_MS = 3600_000;
const KEPT = 'faults';

/**
 * Looks at what builds ended with. The same fault is told once an hour, when a build fails for it again;
 * one is gone when a later build is ready there, or its edge can be reached again. One worker does it at a
 * time; done twice, what is told has the same ids.
 */
export async function tellFaults(
  ports: SchedulePorts,
  reporting: Pick<Progress, 'signal' | 'log'>,
): Promise<void> {
  const { store, services, clock } = ports;
  if (services.settings.operators.length === 0) return;
  const now = clock.now();
  const kept = (await store.readKept(KEPT, FAULTS)) ?? [];
  const faults = new Map(kept.map((fault) => [faultKey(fault), fault]));
  const builds = await store.listBuilds({ limit: RECENT_BUILDS });
  for (const found of builds.flatMap((build) => faultOf(build, now)).reverse()) {
    const key = faultKey(found);
    const known = faults.get(key);
    if (known && (found.seenAt <= known.seenAt || found.seenAt <= (known.goneAt ?? 0))) continue;
    if (known && now - known.toldAt < HOUR_MS) {
      if (known.goneAt === null) faults.set(key, { ...found, toldAt: known.toldAt });
      continue;
    }
    await tell(ports, found, 'told');
    faults.set(key, { ...found, toldAt: now });
  }
  for (const [key, fault] of faults) {
    if (fault.goneAt === null && (await isGone(ports, fault, builds, reporting))) {
      await tell(ports, fault, 'gone');
      faults.set(key, { ...fault, goneAt: now });
    }
  }
  await store.keep(KEPT, [...faults.values()]);
}

/** What a build has failed for within the last hour, where it is for operators. */
function faultOf({ id, state, failure, finishedAt, request }: Build, now: number): Fault[] {
  if (state !== 'failed' || failure === null || !CALLING_CODES.has(failure.code)) return [];
  if (finishedAt === null || now - finishedAt > HOUR_MS) return [];
  const { code, message, suggestion } = failure;
  const text = suggestion === null ? message : `${message} ${suggestion}`;
  const edges = [...request.edges].sort();
  return [{ code, edges, text, buildId: id, seenAt: finishedAt, toldAt: now, goneAt: null }];
}

async function isGone(
  { edges }: SchedulePorts,
  fault: Fault,
  builds: readonly Build[],
  reporting: Pick<Progress, 'signal' | 'log'>,
): Promise<boolean> {
  const later = builds.filter(
    ({ state, finishedAt }) => state === 'ready' && (finishedAt ?? 0) > fault.seenAt,
  );
  if (fault.edges.every((edge) => later.some(({ request }) => request.edges.includes(edge)))) {
    return later.length > 0;
  }
  if (!GONE_WHEN_REACHED.has(fault.code)) return false;
  const command = { command: 'true', files: {}, directory: null, timeoutSeconds: 30 };
  const reached = await Promise.all(
    fault.edges.map(async (name) => {
      const result = await edges
        .get(name)
        ?.run(command, reporting)
        .catch(() => null);
      return result?.code === 0;
    }),
  );
  return reached.every(Boolean);
}

async function tell(
  { store, services, clock, redact }: SchedulePorts,
  { code, edges, text, buildId, seenAt }: Fault,
  what: 'told' | 'gone',
): Promise<void> {
  for (const to of services.settings.operators) {
    const id = `fault.${faultKey({ code, edges })}.${seenAt}.${what}.${to}`;
    const fault = { edges, text: redact(text), buildId, isGone: what === 'gone' };
    await store.addNotice({ id, kind: 'fault', to, ...fault, dueAt: clock.now() });
  }
}
