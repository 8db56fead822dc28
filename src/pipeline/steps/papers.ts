import { revisionLabel } from '../../domain/environment.ts';
import { lockFile } from '../../domain/lock-file.ts';
import type { Papers } from '../../domain/manifest.ts';
import type { BuildRun } from '../context.ts';
import type { Packed } from './archive.ts';
import type { Solved } from './solve.ts';

/** What lies on each edge for a revision. Errors: `signing-failed`. */
export async function papersOf(
  { build, ports }: BuildRun,
  { fingerprint, lock, projects }: Solved,
  { archive }: Packed,
  revision: number,
): Promise<Papers> {
  const { environment } = build.request;
  const manifest = {
    ...{ environment, revision, fingerprint, archive, lock, projects },
    ...{ request: build.request, builtBy: build.requester.user, builtAt: build.createdAt },
  };
  const json = `${JSON.stringify(manifest)}\n`;
  const label = revisionLabel(environment, revision);
  return {
    json,
    'json.sig': (await ports.sign?.(json)) ?? '',
    'cdx.json': lockFile({ label, name: environment, lock, projects }, 'cyclonedx').text,
  };
}
