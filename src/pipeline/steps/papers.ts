import type { RevisionManifest } from '../../domain/catalogue-papers.ts';
import { revisionLabel } from '../../domain/environment.ts';
import { lockFile } from '../../domain/lock-file.ts';
import type { Papers } from '../../domain/manifest.ts';
import type { BuildRun } from '../context.ts';
import type { Packed } from './archive.ts';
import { channelsOf, type Solved } from './solve.ts';

/** What lies on each edge for a revision. Errors: `signing-failed`. */
export async function papersOf(
  { build, ports }: BuildRun,
  { fingerprint, lock, projects, notes }: Solved,
  { archive, imports }: Packed,
  revision: number,
): Promise<Papers> {
  const { environment } = build.request;
  const channels = channelsOf(ports, build.request).map(({ name, url }) => ({ name, url }));
  const manifest: RevisionManifest = {
    ...{ environment, revision, fingerprint, archive, lock, projects, notes, imports, channels },
    ...{ request: build.request, builtBy: build.requester.user, builtAt: build.createdAt },
    buildId: build.id,
  };
  const json = `${JSON.stringify(manifest)}\n`;
  const label = revisionLabel(environment, revision);
  return {
    json,
    'json.sig': (await ports.sign?.(json)) ?? '',
    'cdx.json': lockFile({ label, name: environment, lock, projects }, 'cyclonedx').text,
  };
}
