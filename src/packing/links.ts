import { realpathSync } from 'node:fs';
import { posix } from 'node:path';
import { userError } from '../domain/errors.ts';
import type { PrefixFile } from './prefix.ts';

/**
 * Where a link in the prefix really leads, as a path relative to the prefix (`''` for the prefix
 * itself). Errors: `dangling-link` when it leads nowhere or out of the prefix: on the cluster
 * there is nothing at that place, or something else.
 */
export function resolveLink(prefix: string, link: PrefixFile): string {
  const root = realpathSync(prefix);
  let real: string;
  try {
    real = realpathSync(`${prefix}/${link.path}`);
  } catch {
    throw danglingLink(link, 'does not exist');
  }
  if (real === root) return '';
  if (!real.startsWith(`${root}/`)) throw danglingLink(link, 'lies outside the prefix');
  return real.slice(root.length + 1);
}

/**
 * What a link must say inside an archive: what it says now when that stays within the prefix by
 * its text alone, else the relative way to where it really leads.
 */
export function portableTarget(link: PrefixFile, real: string): string {
  const folder = posix.dirname(link.path);
  const written = posix.normalize(posix.join(folder, link.target));
  const stays = !posix.isAbsolute(link.target) && written !== '..' && !written.startsWith('../');
  return stays ? link.target : posix.relative(folder, real) || '.';
}

export function danglingLink(link: PrefixFile, reason: string) {
  return userError({
    code: 'dangling-link',
    message: `\`${link.path}\` links to \`${link.target}\`, which ${reason}.`,
    suggestion: 'Remove the link, or put a copy of the file inside the environment.',
  });
}
