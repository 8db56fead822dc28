import type { PipRequirement } from '../domain/pip.ts';
import { meetsVersion, type Spec } from '../domain/spec.ts';

/** Both constraints of one package as one spec; null where nothing can meet both. */
export function joinSpecs(first: Spec, second: Spec): Spec | null {
  for (const field of ['build', 'channel', 'subdir', 'buildNumber', 'md5', 'sha256'] as const) {
    const [one, other] = [first[field] ?? null, second[field] ?? null];
    if (one !== null && other !== null && one !== other) return null;
  }
  const joined = joinVersions(exactWithBuild(first), exactWithBuild(second));
  if (joined === null) return null;
  // What needed no joining stays as it was written.
  const same = [first, second].find((spec) => exactWithBuild(spec) === joined.text);
  return {
    ...second,
    ...first,
    version: same ? same.version : joined.text,
    build: first.build ?? second.build,
    channel: first.channel ?? second.channel,
  };
}

/** Both requirements of one package as one; null where nothing can meet both. */
export function joinRequirements(
  first: PipRequirement,
  second: PipRequirement,
): PipRequirement | null {
  if (first.url !== second.url) return null;
  const specifier = joinVersions(first.specifier, second.specifier);
  if (specifier === null) return null;
  return {
    ...first,
    extras: [...new Set([...first.extras, ...second.extras])].sort(),
    specifier: specifier.text,
    hashes: [...new Set([...first.hashes, ...second.hashes])],
  };
}

/** Directly before its build, `=3.11` is 3.11 itself. */
function exactWithBuild({ version, build }: Spec): string | null {
  return build !== null && version !== null && /^=[^=*,|()]+$/.test(version)
    ? `=${version}`
    : version;
}

/** What meets both constraints, null within for any version; null where they contradict. */
function joinVersions(one: string | null, other: string | null): { text: string | null } | null {
  if (one === null || other === null || one === other) return { text: one ?? other };
  const [exactOne, exactOther] = [exactOf(one), exactOf(other)];
  if (exactOne !== null) return meetsVersion(exactOne, other) ? { text: one } : null;
  if (exactOther !== null) return meetsVersion(exactOther, one) ? { text: other } : null;
  const [seriesOne, seriesOther] = [seriesOf(one), seriesOf(other)];
  if (seriesOne !== null && seriesOther !== null) {
    if (meetsVersion(seriesOne, other)) return { text: one };
    return meetsVersion(seriesOther, one) ? { text: other } : null;
  }
  const clauses = [one, other].flatMap((text) =>
    text.includes('|') ? [`(${text})`] : text.split(','),
  );
  return { text: [...new Set(clauses)].join(',') };
}

/** The one version that a constraint allows. */
function exactOf(constraint: string): string | null {
  return /^={2,3}([^=*,|()]+)$/.exec(constraint)?.[1] ?? null;
}

/** 3.11 of `=3.11`, `=3.11.*` and `==3.11.*`. */
function seriesOf(constraint: string): string | null {
  return /^={1,2}([^=*,|()]+?)(?:\.\*)?$/.exec(constraint)?.[1] ?? null;
}
