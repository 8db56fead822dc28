import type { Build } from './build.ts';
import type { Environment, Staging } from './environment.ts';
import { defaultAlias } from './invocation/alias.ts';

/**
 * A staging as any version has stored it. Older ones did not say what it is a staging of, and had
 * only the alias of its own layout.
 */
export type StoredStaging = Omit<Staging, 'environment' | 'revision' | 'aliases'> &
  Partial<Pick<Staging, 'environment' | 'revision' | 'aliases'>> & { alias?: string };

/** The same in the terms of this version; `of` is the record that it stands in. */
function readStaging(
  { alias, ...stored }: StoredStaging,
  of: Pick<Staging, 'environment' | 'revision'>,
): Staging {
  const { environment = of.environment, revision = of.revision } = stored;
  const byDefault = (layout: Staging['layout']) =>
    (layout === stored.layout && alias) || defaultAlias(layout, environment, stored.archivePath);
  const aliases = stored.aliases ?? { local: byDefault('local'), global: byDefault('global') };
  return { ...stored, environment, revision, aliases };
}

/** A build as stored, its stagings in the terms of this version. */
export function readBuild(stored: Build): Build {
  const of = { environment: stored.request.environment, revision: stored.revision ?? 0 };
  return { ...stored, stagings: stored.stagings.map((staging) => readStaging(staging, of)) };
}

/** An environment as stored, the stagings of its revisions in the terms of this version. */
export function readEnvironment(stored: Environment): Environment {
  const { name } = stored;
  return {
    ...stored,
    revisions: stored.revisions.map((revision) => {
      const of = { environment: name, revision: revision.number };
      return {
        ...revision,
        stagings: revision.stagings.map((staging) => readStaging(staging, of)),
      };
    }),
  };
}
