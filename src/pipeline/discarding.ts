import type { Build } from '../domain/build.ts';
import { object, string } from '../domain/shape.ts';
import { type BuildPorts, whyUnreached } from './context.ts';

/** Milliseconds that edges have for it. */
const LIMIT_MS = 5_000;
/** What is read of what was packed. */
const PACKED = object<{ archive: { sha256: string } }>({
  archive: object<{ sha256: string }>({ sha256: string }),
});

/**
 * Removes what was sent of an archive to edges that did not get to stage it, by whichever worker: one that
 * was killed could not. Done while the build is not settled yet, as nobody sends it again until then. An
 * edge that is away keeps it until it is swept.
 */
export async function discardSent(
  ports: Pick<BuildPorts, 'store' | 'edges' | 'redact'>,
  { id, fingerprint, request, stagings }: Build,
  log: (line: string) => void,
): Promise<void> {
  const { store, edges } = ports;
  if (fingerprint === null) return;
  const packed = await store.readCheckpoint(id, 'pack', PACKED);
  const archive = { fingerprint, sha256: packed?.archive.sha256 ?? null };
  const names = request.edges.filter((name) => !stagings.some(({ edge }) => edge === name));
  await Promise.all(
    names.map(async (name) => {
      const limit = AbortSignal.timeout(LIMIT_MS);
      try {
        await edges.get(name)?.discard(archive, limit);
      } catch (error) {
        const why = limit.aborted ? 'it does not answer' : whyUnreached(ports, error, limit);
        log(`edge ${name} keeps what it was sent until it is swept: ${why}`);
      }
    }),
  );
}
