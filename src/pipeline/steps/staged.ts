import type { Revision } from '../../domain/environment.ts';
import type { BuildRequest } from '../../domain/request.ts';
import type { BuildPorts } from '../context.ts';
import { edgesOf } from './solve.ts';

/** Has the edges get ready while it is solved and made; one that is away is found out by who needs it. */
export function expectOnEdges(
  { edges }: Pick<BuildPorts, 'edges'>,
  request: BuildRequest,
  signal: AbortSignal,
): void {
  for (const name of request.edges) void edges.get(name)?.expect(signal);
}

/** The revision with this fingerprint that is staged, intact, on every edge asked for; or null. */
export async function findStaged(
  ports: Pick<BuildPorts, 'store' | 'edges'>,
  { request, fingerprint }: { request: BuildRequest; fingerprint: string },
  signal: AbortSignal,
): Promise<Revision | null> {
  const environment = await ports.store.readEnvironment(request.environment);
  const revision = environment?.revisions.findLast((known) => known.fingerprint === fingerprint);
  if (!revision) return null;
  const found = await Promise.all(
    edgesOf(ports, request).map((edge) => {
      const staging = revision.stagings.find((known) => known.edge === edge.name);
      return staging !== undefined && edge.isIntact(staging, signal);
    }),
  );
  return found.every(Boolean) ? revision : null;
}
