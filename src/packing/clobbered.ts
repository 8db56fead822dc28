import type { ScannedFile } from './content.ts';
import type { PackWarning, Plan } from './plan.ts';

/**
 * One warning per conda package whose files are not what conda linked: mostly pip installed over
 * it. The archive holds what is there now, so it may work; but what `conda list` says is not true.
 */
export function clobberWarnings(plan: Plan, clobbered: readonly ScannedFile[]): PackWarning[] {
  const changed = new Map<string, { overwritten: string[]; removed: string[] }>();
  const of = (name: string) => {
    const paths = changed.get(name) ?? { overwritten: [], removed: [] };
    changed.set(name, paths);
    return paths;
  };
  for (const { entry } of clobbered) {
    const path = entry.source.kind === 'disk' ? entry.source.file.path : entry.path;
    const { overwritten } = of(plan.owners.segmentOf(path).replace(/^conda:/, ''));
    if (!overwritten.includes(path)) overwritten.push(path);
  }
  for (const { package: name, path } of plan.missing) of(name).removed.push(path);
  return [...changed].map(([name, { overwritten, removed }]) => {
    const path = (overwritten[0] ?? removed[0]) as string;
    const facts = [
      overwritten.length > 0 ? `${overwritten.length} overwritten` : '',
      removed.length > 0 ? `${removed.length} deleted` : '',
    ].filter(Boolean);
    const culprit = plan.owners.pip.find(({ files }) =>
      overwritten.some((file) => files.has(file)),
    );
    return {
      id: 'conda-files-clobbered',
      text:
        `Files that conda installed with \`${name}\` changed since (${facts.join(', ')}; first \`${path}\`)` +
        `${culprit ? `, by pip's \`${culprit.name}\`` : ''}. ` +
        'Ask conda for every package it has, and let pip install only the rest, last.',
      path,
    };
  });
}
