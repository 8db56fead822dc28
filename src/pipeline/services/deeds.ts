import type { AuditEntry } from '../../domain/audit.ts';
import type { Requester } from '../../domain/build.ts';
import { referenceLabel } from '../../domain/reference.ts';
import { createCommand } from '../../domain/request.ts';
import type { Audits } from '../../domain/services/audits.ts';
import type { Diagnoses } from '../../domain/services/diagnoses.ts';
import type { Lookup } from '../../domain/services/lookup.ts';
import type { Packages } from '../../domain/services/packages.ts';
import type { Plans } from '../../domain/services/plans.ts';
import type { Services } from '../../domain/services.ts';

/** What changes nothing for others. Where a live message is, is no person's doing. */
type Looking =
  | 'settings'
  | 'attachMessage'
  | 'freezes'
  | keyof (Audits & Diagnoses & Lookup & Packages & Plans);

/** Every method of the services that changes something. */
export type DeedName = Exclude<keyof Services, Looking>;

/** How a deed is told, from what it was asked with; `result` is null where it was refused or failed. */
type Tell<Method> = Method extends (...asked: infer Asked) => Promise<infer Result>
  ? (asked: Asked, result: Awaited<Result> | null) => Told
  : never;

export type Told = { requester: Requester } & Pick<AuditEntry, 'environment' | 'build' | 'text'>;

/** A row for each: the compiler misses the method that has none. */
export const DEEDS: { readonly [Name in DeedName]: Tell<Services[Name]> } = {
  create: ([request, requester], result) => ({
    requester,
    environment: request.environment,
    build: result?.build.id ?? null,
    text: createCommand(request),
  }),
  rebuild: ([build, requester], result) => ({
    requester,
    environment: build.request.environment,
    build: result?.build.id ?? build.id,
    text: `rebuild ${build.id}`,
  }),
  retry: ([build, requester]) => withBuild('retry', build, requester),
  cancel: ([build, requester]) => withBuild('cancel', build, requester),
  freeze: ([edge, why, requester]) => withEdge('freeze', edge, ` --why ${why}`, requester),
  thaw: ([edge, requester]) => withEdge('thaw', edge, '', requester),
  verify: ([build, requester]) => withBuild('verify', build, requester),
  clone: ([{ name, which }, as, edges, requester], result) => ({
    requester,
    environment: as,
    build: result?.build.id ?? null,
    text: [
      `clone ${referenceLabel(name, which)} as ${as}`,
      ...edges.map((edge) => `--edge ${edge}`),
    ].join(' '),
  }),
  tag: ([name, which, tag, requester]) =>
    ofEnvironment(name, requester, `tag ${referenceLabel(name, which)} ${tag}`),
  untag: ([name, tag, requester]) => ofEnvironment(name, requester, `untag ${name} ${tag}`),
  rollback: ([name, which, requester], result) => {
    const to = which ?? result?.move.to ?? null;
    return ofEnvironment(name, requester, `rollback ${name}${to === null ? '' : ` --to ${to}`}`);
  },
};

function ofEnvironment(environment: string, requester: Requester, text: string): Told {
  return { requester, environment, build: null, text };
}

function withBuild(
  deed: 'retry' | 'cancel' | 'verify',
  build: Parameters<Services['retry']>[0],
  requester: Requester,
): Told {
  const { environment } = build.request;
  return { requester, environment, build: build.id, text: `${deed} ${build.id}` };
}

function withEdge(deed: string, edge: string | null, more: string, requester: Requester): Told {
  const text = `${edge === null ? deed : `${deed} ${edge}`}${more}`;
  return { requester, environment: null, build: null, text };
}
