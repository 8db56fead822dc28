import { revisionLabel, type Staging } from '../../domain/environment.ts';
import { launchFile } from '../../domain/launch-file.ts';
import type { RecordPapers } from '../../domain/manifest.ts';
import { parseName } from '../../domain/names.ts';
import { type Pointers, parseTag } from '../../domain/reference.ts';
import { read } from './script.ts';
import type { Session } from './session.ts';

/**
 * Writes what starts a staging by a short line, a short path of its archive, and the folder that the
 * global layout's line runs in; what is there already stays. The staging it returns has them.
 */
export async function launch(session: Session, staging: Staging): Promise<Staging> {
  const { archive, driverPrefix } = staging;
  const launched = {
    ...staging,
    archiveLink: `${driverPrefix}/${archive.name}`,
    globalFolder: `${driverPrefix}.global`,
  };
  await session.script({
    name: 'launch',
    variables: {
      root: staging.root,
      sha: archive.sha256,
      name: archive.name,
      prefix: driverPrefix,
      environment: staging.environment,
      alias: staging.aliases.global,
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

export interface Pointing {
  root: string;
  /** Name of the global layout's folder in the root. */
  alias: string;
  environment: string;
  pointers: Pointers;
  papers: RecordPapers;
}

/**
 * Makes the names of an environment mean what the record says they do, each in one step; so do the
 * links that lead to an unpacked revision without a number. Beside them lies what the record says.
 */
export async function point(
  session: Session,
  { root, alias, environment, pointers, papers }: Pointing,
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
      ...{ root, alias, current: pointers.default ?? '' },
      environment: parseName(environment, 'environment name'),
      names: names.map(([name, revision]) => `${name} ${revision}`).join('\n'),
      ...{ record: papers.json, signature: papers['json.sig'] },
    },
  });
}
