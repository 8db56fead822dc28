import { isSettled } from '../domain/build.ts';
import { isThere } from '../domain/environment.ts';
import { withoutRevisions } from '../domain/letting-go.ts';
import type { Outline, RevisionOutline } from '../domain/outline.ts';
import type { Progress } from '../domain/ports.ts';
import { dueOf, expiresAt, keepingUse, leavingAtEnd, surplusOf } from '../domain/retention.ts';
import type { BuildPorts } from './context.ts';
import { removeLetGo } from './removing.ts';
import { tellLetGo } from './telling.ts';
import { seeUses } from './using.ts';

type Reporting = Pick<Progress, 'signal' | 'log'>;

/** Of an environment that may be at work. */
const RECENT_BUILDS = 100;

/** Reminds owners, and lets go of what the configured retention does not keep. */
export async function keepRetention(ports: BuildPorts, reporting: Reporting): Promise<void> {
  const { store, retention, clock } = ports;
  for await (const environment of store.everyOutline()) {
    if (!environment.revisions.some(isThere)) continue;
    const due = dueOf(environment, retention, clock.now());
    if (due.what === 'reminder') await remind(ports, environment, due.ends);
    if (leavingOf(environment, ports).length > 0) await letGo(ports, environment.name, reporting);
  }
}

/** The notice first: it is sent once, however often it is added. */
async function remind(
  { store, retention, clock, events }: BuildPorts,
  environment: Outline,
  ends: number,
): Promise<void> {
  const { name } = environment;
  const at = clock.now();
  const of = expiresAt(environment, retention);
  if (of === null) return;
  const id = `expiring.${name}.${of}`;
  await store.addNotice({ id, kind: 'expiring', environment: name, ends, dueAt: at });
  await store.updateEnvironment(name, (current) => ({ ...current, reminded: { of, at } }));
  events.emit('owner-reminded', { environment: name });
}

/** What the configured retention does not keep any more, as far as is known. */
function leavingOf(
  environment: Outline,
  { retention, clock }: Pick<BuildPorts, 'retention' | 'clock'>,
): RevisionOutline[] {
  const isOver = dueOf(environment, retention, clock.now()).what === 'end';
  return (isOver ? leavingAtEnd(environment) : surplusOf(environment, retention)).filter(
    (revision) => keepingUse(revision, retention, clock.now()) === null,
  );
}

/** Decides on the newest record: a tag, a build or a `keep` may have come meanwhile. */
async function letGo(ports: BuildPorts, name: string, reporting: Reporting): Promise<void> {
  const { store, clock } = ports;
  const leaving = (environment: Outline) => leavingOf(environment, ports);
  const known = await store.readEnvironment(name);
  if (!known || leaving(known).length === 0) return;
  const builds = await store.listBuilds({ environment: name, limit: RECENT_BUILDS });
  if (builds.some((build) => !isSettled(build) || build.verifying)) return;
  // The record may lack a use that the cluster knows; where it does not say, nothing goes.
  if ((await seeUses(ports, [known], reporting)).length > 0) return;
  const now = await store.readEnvironment(name);
  if (!now || leaving(now).length === 0) return;
  const letGo = { at: clock.now(), by: null };
  const after = await store.updateEnvironment(name, (environment) =>
    withoutRevisions(environment, leaving(environment), letGo),
  );
  await tellLetGo(ports, after, letGo);
  await removeLetGo(ports, name, reporting);
}
