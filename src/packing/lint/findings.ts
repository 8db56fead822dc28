import { size } from '../../domain/figures.ts';
import type { PackWarning } from '../warning.ts';
import { compareVersions } from './elf.ts';
import type { Inspection } from './inspect.ts';
import { type LintProfile, unpackerOf } from './profiles.ts';
import type { LintFinding } from './report.ts';
import { RULES } from './rules.ts';

const SHOWN_PATHS = 5;

/** What is wrong with an archive on these clusters; `detail` says how it is broken, where it is. */
export function findingsOf(
  inspection: Inspection,
  profiles: readonly LintProfile[],
  archiveBytes: number,
  detail: string,
): LintFinding[] {
  const findings = [
    ...noticedFindings(inspection, profiles, detail),
    ...profileFindings(inspection, profiles, archiveBytes),
  ];
  return [...findings, ...notedFindings(inspection, profiles, findings)];
}

function noticedFindings(
  inspection: Inspection,
  profiles: readonly LintProfile[],
  detail: string,
): LintFinding[] {
  return [...inspection.notices]
    .map(([notice, paths]) => {
      const rule = RULES[notice];
      const isBroken = notice === 'truncated' || notice === 'too-large';
      return {
        id: rule.id,
        severity: rule.severity,
        text: isBroken && detail ? `${rule.text} (${detail})` : rule.text,
        fix: rule.fix,
        paths: paths.slice(0, SHOWN_PATHS),
        profiles: profiles
          .filter((profile) => rule.fails(unpackerOf(profile)))
          .map(({ name }) => name),
      };
    })
    .filter(({ profiles: failing }) => failing.length > 0);
}

/** What packing warned of and the archive's members do not show. */
function notedFindings(
  inspection: Inspection,
  profiles: readonly LintProfile[],
  findings: readonly LintFinding[],
): LintFinding[] {
  const isNews = ({ id }: PackWarning) => !findings.some((finding) => finding.id === id);
  return inspection.notes.warnings.filter(isNews).map(({ id, text, path }) => ({
    id,
    severity: 'warning',
    text,
    fix: 'Mend it in the environment, then pack again; or leave it, if nothing needs it.',
    paths: path === undefined ? [] : [path],
    profiles: profiles.map(({ name }) => name),
  }));
}

/** What depends on the cluster's machines, where they are known. */
function profileFindings(
  inspection: Inspection,
  profiles: readonly LintProfile[],
  archiveBytes: number,
): LintFinding[] {
  return profiles.flatMap((profile) =>
    MACHINE_RULES.flatMap((rule) => {
      const found = rule(inspection, profile, archiveBytes);
      return found ? [{ severity: 'error' as const, profiles: [profile.name], ...found }] : [];
    }),
  );
}

type MachineRule = (
  inspection: Inspection,
  profile: LintProfile,
  archiveBytes: number,
) => Pick<LintFinding, 'id' | 'text' | 'fix' | 'paths'> | null;

const MACHINE_RULES: readonly MachineRule[] = [
  ({ glibc: needed }, { glibc }) => {
    if (!glibc || !needed || compareVersions(needed.version, glibc) <= 0) return null;
    return {
      id: 'glibc-or-arch',
      text: `It needs glibc ${needed.version}, and the nodes have ${glibc}.`,
      fix: `Solve for the nodes: set \`glibc: "${glibc}"\` in the edge's profile and build again.`,
      paths: [needed.path],
    };
  },
  ({ machines }, { architecture }) => {
    const foreign = [...machines].filter(([machine]) => machine !== architecture);
    if (!architecture || foreign.length === 0) return null;
    return {
      id: 'glibc-or-arch',
      text: `It has programs for ${foreign.map(([machine]) => machine).join(', ')}, and the nodes are ${architecture}.`,
      fix: `Build it on a host that is ${architecture}.`,
      paths: foreign.map(([, path]) => path).slice(0, SHOWN_PATHS),
    };
  },
  ({ bytes }, { freeBytes }, archiveBytes) => {
    if (freeBytes == null || bytes + archiveBytes <= freeBytes) return null;
    return {
      id: 'no-space',
      text: `Archive and unpacked copy take ${size(bytes + archiveBytes)} on a node, and ${size(freeBytes)} are free.`,
      fix: 'Leave packages out, or free space on the nodes.',
      paths: [],
    };
  },
];
