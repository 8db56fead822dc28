import type { AuditEntry } from '../../domain/audit.ts';
import type { Requester } from '../../domain/build.ts';
import { referenceLabel } from '../../domain/reference.ts';
import { createCommand, quoted } from '../../domain/request.ts';
import { type Concerns, NOTHING, type Restrictable } from '../../domain/roles.ts';
import type { Audits } from '../../domain/services/audits.ts';
import type { Created } from '../../domain/services/create.ts';
import type { Diagnoses } from '../../domain/services/diagnoses.ts';
import type { Edits } from '../../domain/services/edits.ts';
import type { Lookup } from '../../domain/services/lookup.ts';
import type { Operating } from '../../domain/services/operating.ts';
import type { Outlooks } from '../../domain/services/outlooks.ts';
import type { Packages } from '../../domain/services/packages.ts';
import type { Plans } from '../../domain/services/plans.ts';
import type { Roles } from '../../domain/services/roles.ts';
import type { Services } from '../../domain/services.ts';
import { formatSpec } from '../../domain/spec.ts';
import { type Watched, watchedWords } from '../../domain/subscription.ts';

/** What changes nothing for others. Where a live message is, is no person's doing. */
type Looking =
  | 'settings'
  | 'attachMessage'
  | 'freezes'
  | 'blocks'
  | 'waitingApprovals'
  | 'leaving'
  | 'subscriptions'
  | keyof (Audits & Diagnoses & Edits & Lookup & Operating & Outlooks & Packages & Plans & Roles);

/** Every method of the services that changes something. */
export type DeedName = Exclude<keyof Services, Looking>;

/** How a deed is told, from what it was asked with; `result` is null until it is done. */
type Tell<Method> = Method extends (...asked: infer Asked) => Promise<infer Result>
  ? (asked: Asked, result: Awaited<Result> | null) => Told
  : never;

/** `deed` where it is called otherwise than its method. */
export type Told = {
  requester: Requester;
  /** What roles may have to say something of. */
  concerns: Concerns;
} & Pick<AuditEntry, 'environment' | 'build' | 'text'> &
  Partial<Pick<AuditEntry, 'deed'>>;

/** A build is looked at where it is recorded (`requireBuildable`), whichever deed wants it. */
const NEW_BUILD = NOTHING;

/** A row for each: the compiler misses the method that has none. */
export const DEEDS: { readonly [Name in DeedName]: Tell<Services[Name]> } = {
  create: ([request, requester], result) => ({
    requester,
    concerns: NEW_BUILD,
    environment: request.environment,
    build: result?.build.id ?? null,
    text: createCommand(request),
  }),
  createPlanned: ([request, requester], result) => ({
    deed: 'create',
    requester,
    concerns: NEW_BUILD,
    environment: request.environment,
    build: buildOf(result),
    text: createCommand(request),
  }),
  rebuild: ([build, requester], result) => ({
    ...withBuild('rebuild', build, requester),
    concerns: NEW_BUILD,
    build: buildOf(result) ?? build.id,
  }),
  retry: ([build, requester]) => ({
    ...withBuild('retry', build, requester),
    concerns: NEW_BUILD,
  }),
  approve: ([reference, requester], result) => ({
    requester,
    concerns: NEW_BUILD,
    environment: result?.approval.request.environment ?? null,
    build: result?.build?.id ?? null,
    text: `approve ${reference}`,
  }),
  refuse: ([reference, why, requester], result) => ({
    requester,
    concerns: NEW_BUILD,
    environment: result?.request.environment ?? null,
    build: null,
    text: `refuse ${reference} --why ${why}`,
  }),
  cancel: ([build, requester]) => ({
    ...withBuild('cancel', build, requester),
    concerns: only('cancel'),
  }),
  // Its job runs on the cluster, with the packages as they are.
  verify: ([build, requester]) => ({
    ...withBuild('verify', build, requester),
    concerns: only('verify', build.request.edges),
  }),
  freeze: ([edge, why, requester]) => withEdge('freeze', edge, ` --why ${why}`, requester),
  thaw: ([edge, requester]) => withEdge('thaw', edge, '', requester),
  block: ([spec, why, requester]) =>
    ofBlock(`block ${quoted(formatSpec(spec))} --why ${why}`, 'block', requester),
  unblock: ([spec, requester]) =>
    ofBlock(`unblock ${quoted(formatSpec(spec))}`, 'unblock', requester),
  clone: ([{ name, which }, as, edges, requester], result) => ({
    requester,
    concerns: NEW_BUILD,
    environment: as,
    build: result?.build.id ?? null,
    text: [
      `clone ${referenceLabel(name, which)} as ${as}`,
      ...edges.map((edge) => `--edge ${edge}`),
    ].join(' '),
  }),
  tag: ([name, which, tag, requester]) => ({
    ...ofEnvironment(name, requester, `tag ${referenceLabel(name, which)} ${tag}`),
    concerns: { ...only('tag'), tags: [tag] },
  }),
  untag: ([name, tag, requester]) => ({
    ...ofEnvironment(name, requester, `untag ${name} ${tag}`),
    concerns: { ...only('tag'), tags: [tag] },
  }),
  letGo: ([name, which, forced, requester]) => ({
    deed: 'delete',
    ...ofEnvironment(
      name,
      requester,
      `delete ${referenceLabel(name, which)}${forced ? ' --force' : ''} --yes`,
    ),
    concerns: only('delete'),
  }),
  keep: ([name, days, requester]) => ({
    ...ofEnvironment(name, requester, `keep ${name}${days === null ? '' : ` --days ${days}`}`),
    concerns: only('delete'),
  }),
  schedule: ([name, every, tellOnly, requester]) => ({
    ...ofEnvironment(
      name,
      requester,
      `schedule ${name} ${every ?? 'off'}${tellOnly ? ' --tell-only' : ''}`,
    ),
    concerns: NEW_BUILD,
  }),
  askOwners: ([specs, requester]) => ({
    ...{ requester, concerns: only('rebuild'), environment: null, build: null },
    deed: 'rebuild',
    text: ['rebuild --affected', ...specs.map((spec) => quoted(formatSpec(spec)))].join(' '),
  }),
  forget: ([name, forced, requester]) => ({
    deed: 'delete',
    ...ofEnvironment(name, requester, `delete ${name} --forget${forced ? ' --force' : ''}`),
    concerns: only('delete'),
  }),
  subscribe: ([wanted, requester]) => withWatched('subscribe', wanted, requester),
  unsubscribe: ([wanted, requester]) => withWatched('unsubscribe', wanted, requester),
  restore: ([name, which, requester], result) => ({
    ...ofEnvironment(name, requester, `restore ${referenceLabel(name, which)}`),
    concerns: NEW_BUILD,
    build: result?.build.id ?? null,
  }),
  rollback: ([name, which, requester], result) => {
    const to = which ?? result?.move.to ?? null;
    const text = `rollback ${name}${to === null ? '' : ` --to ${to}`}`;
    return { ...ofEnvironment(name, requester, text), concerns: only('rollback') };
  },
};

function ofEnvironment(environment: string, requester: Requester, text: string) {
  return { requester, environment, build: null, text };
}

/** The build that was begun or joined; null where there was nothing to build. */
function buildOf(result: Created | null): string | null {
  return result !== null && 'build' in result ? result.build.id : null;
}

function withBuild(deed: string, build: Parameters<Services['retry']>[0], requester: Requester) {
  const { environment } = build.request;
  return { requester, environment, build: build.id, text: `${deed} ${build.id}` };
}

function withEdge(
  deed: 'freeze' | 'thaw',
  edge: string | null,
  more: string,
  requester: Requester,
): Told {
  const text = `${edge === null ? deed : `${deed} ${edge}`}${more}`;
  const concerns = only(deed, edge === null ? [] : [edge]);
  return { requester, concerns, environment: null, build: null, text };
}

function withWatched(
  deed: 'subscribe' | 'unsubscribe',
  { here, ...wanted }: Watched & { here: boolean; outcomes?: readonly string[] },
  requester: Requester,
): Told {
  const channel = here ? requester.channel : null;
  const outcomes = (wanted.outcomes ?? []).map((name) => `--outcome ${name}`);
  const text = [deed, ...watchedWords({ ...wanted, channel }), ...outcomes].join(' ');
  const { environment } = wanted;
  return { requester, concerns: only('subscribe'), environment, build: null, text };
}

function ofBlock(text: string, command: 'block' | 'unblock', requester: Requester): Told {
  return { requester, concerns: only(command), environment: null, build: null, text };
}

function only(command: Restrictable, edges: readonly string[] = []): Concerns {
  return { ...NOTHING, command, edges };
}
