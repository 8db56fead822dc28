import { withSite } from '../cluster.ts';
import { type Environment, isSamePlace, type Staging, type Verification } from '../environment.ts';

/** The newest evidence replaces older evidence from the same edge. */
export function withVerification(
  verifications: readonly Verification[],
  added: Verification,
): Verification[] {
  return [...verifications.filter((known) => known.edge !== added.edge), added];
}

/** Stagings with what the site's files said when one of them was proven, and what starts it since. */
export function withStaging(stagings: readonly Staging[], proven: Staging): Staging[] {
  const { archiveLink } = proven;
  return stagings.map((known) =>
    isSamePlace(known, proven)
      ? { ...known, archiveLink, cluster: withSite(known.cluster, proven.cluster) }
      : known,
  );
}

/** Adds or replaces a revision's verification, with the staging that was proven, where it still has that. */
export function recordVerification(
  environment: Environment,
  revision: number,
  added: Verification,
  staging: Staging,
): Environment {
  return {
    ...environment,
    revisions: environment.revisions.map((known) =>
      known.number === revision && known.stagings.some((each) => isSamePlace(each, staging))
        ? {
            ...known,
            stagings: withStaging(known.stagings, staging),
            verifications: withVerification(known.verifications, added),
          }
        : known,
    ),
  };
}
