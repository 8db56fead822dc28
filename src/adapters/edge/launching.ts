import type { Archive } from '../../domain/archive.ts';
import { revisionLabel, type Staging } from '../../domain/environment.ts';
import { launchFile } from '../../domain/launch-file.ts';
import { parseName } from '../../domain/names.ts';
import { type Pointers, parseTag } from '../../domain/reference.ts';
import { read } from './script.ts';
import type { Session } from './session.ts';

/**
 * Writes what starts a staging by a short line, and a short path of its archive; what is there
 * already stays. The staging it returns has both.
 */
export async function launch(
  session: Session,
  staging: Staging,
  archive: Archive,
): Promise<Staging> {
  const archiveLink = `${staging.driverPrefix}/${archive.name}`;
  const launched = { ...staging, archiveLink };
  await session.script({
    name: 'launch',
    variables: {
      root: staging.root,
      sha: archive.sha256,
      name: archive.name,
      prefix: staging.driverPrefix,
      reference: revisionLabel(staging.environment, staging.revision),
      file: launchFile(launched),
      program: launcherProgram(staging.root),
    },
  });
  return launched;
}

/** The program `run` of a root, which is a plain path and stands in it as it is. */
export function launcherProgram(root: string): string {
  return `#!/bin/sh\nroot=${root}\n\n${read('launcher').trimEnd()}`;
}

/** Makes the names of an environment mean what the record says they do, each in one step. */
export async function point(
  session: Session,
  { root, environment, pointers }: { root: string; environment: string; pointers: Pointers },
): Promise<void> {
  const names: [name: string, revision: number][] = [
    ...(pointers.default === null ? [] : [[environment, pointers.default] as [string, number]]),
    ...Object.entries(pointers.tags).map(([tag, revision]): [string, number] => [
      `${environment}:${parseTag(tag)}`,
      revision,
    ]),
  ];
  await session.script({
    name: 'point',
    variables: {
      root,
      environment: parseName(environment, 'environment name'),
      names: names.map(([name, revision]) => `${name} ${revision}`).join('\n'),
    },
  });
}
