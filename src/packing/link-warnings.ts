import { size } from '../domain/figures.ts';
import type { LostLink, Members } from './members.ts';
import type { SameContent } from './same-content.ts';
import type { PackWarning } from './warning.ts';

/** As many links as a warning names. */
const NAMED = 5;

/** From this part of an environment on, what a zip holds twice is worth a word; never below a MiB. */
const NOTABLE_PART = 0.25;
const NOTABLE_BYTES = 1024 * 1024;

/** What became of the links of an environment, as far as somebody should know. */
export function linkWarnings(members: Members, links: 'keep' | 'copy'): PackWarning[] {
  const { lost, loops, entries } = members;
  const fate = links === 'keep' ? 'the archive has them as they are' : 'a zip cannot hold them';
  const bytes = entries.reduce(
    (sum, entry) =>
      sum + (entry.kind === 'file' && entry.source.kind === 'disk' ? entry.source.file.bytes : 0),
    0,
  );
  return [
    ...lostWarning(
      'link-outside',
      lost.filter(({ end }) => end.kind === 'outside'),
      `lead out of the environment, to what does not travel; ${fate}`,
    ),
    ...lostWarning(
      'dangling-link',
      lost.filter(({ end }) => end.kind !== 'outside'),
      `lead to nothing in the archive; ${fate}`,
    ),
    ...loops.map((path) => ({
      id: 'link-loop',
      text: `\`${path}\` leads back to a folder above it, which a zip cannot hold; it is left out.`,
      path,
    })),
    ...doubledWarning(members.copied, bytes),
  ];
}

function lostWarning(id: string, links: readonly LostLink[], what: string): PackWarning[] {
  const [first] = links;
  if (!first) return [];
  const named = links
    .slice(0, NAMED)
    .map(({ path, end }) => `\`${path}\` → \`${end.target}\``)
    .join(', ');
  const more = links.length > NAMED ? ` and ${links.length - NAMED} more` : '';
  return [{ id, text: `Links ${what}: ${named}${more}.`, path: first.path }];
}

function doubledWarning({ bytes, largest }: Members['copied'], all: number): PackWarning[] {
  if (!largest || bytes < NOTABLE_BYTES || bytes < NOTABLE_PART * (all - bytes)) return [];
  return [
    {
      id: 'links-copied',
      text: `A zip holds no links: what they lead to is in it once more, ${size(bytes)} in all, ${size(largest.bytes)} of it through \`${largest.path}\` → \`${largest.real}\`. A .tar.gz keeps them.`,
      path: largest.path,
    },
  ];
}

/** What a zip has in full although it is the content of another file of the same package. */
export function repeatedWarning(same: SameContent, all: number): PackWarning[] {
  const { bytes, files, path } = same;
  if (path === null || bytes < NOTABLE_BYTES || bytes < NOTABLE_PART * (all - bytes)) return [];
  return [
    {
      id: 'files-repeated',
      text: `A zip holds no hard links: ${files} files with the content of another one, e.g. \`${path}\`, are in it in full, ${(bytes / 1e6).toFixed(1)} MB in all. A .tar.gz has each content of a package once.`,
      path,
    },
  ];
}
