import type { Environment } from '../../domain/environment.ts';
import type { FileAsker } from '../../domain/ports.ts';
import type { BuildRequest } from '../../domain/request.ts';

/** Sees no file: an older bot does not say who asks. */
const NOBODY: FileAsker = { user: '', channel: '' };

/**
 * Who must see the files of a request; null where the environment has had all of them before, so that
 * whoever may build it may use them again.
 */
export function newFilesOf(
  environment: Environment | null,
  request: BuildRequest,
  asker: FileAsker = NOBODY,
): FileAsker | null {
  const had = new Set(environment?.revisions.flatMap((revision) => filesOf(revision.request)));
  return filesOf(request).every((file) => had.has(file)) ? null : asker;
}

function filesOf({ projects }: Pick<BuildRequest, 'projects'>): string[] {
  return projects.flatMap((project) => (project.kind === 'file' ? project.fileId : []));
}
