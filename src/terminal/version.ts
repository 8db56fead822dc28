import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../root.ts';
import { VERSION } from '../version.ts';

interface Running {
  version: string;
  /**
   * `3273781a2b4c`: the commit that is checked out or was packed, and `, changed` where files differ from it. Null
   * for neither, or where git does not answer.
   */
  commit: string | null;
}

/** What runs here. */
export const running = async (): Promise<Running> => ({
  version: VERSION,
  commit: await commitOf(ROOT),
});

/** `0.1.0 (3273781a2b4c)`, or the version alone. */
export const inWords = ({ version, commit }: Running): string =>
  commit === null ? version : `${version} (${commit})`;

/**
 * Of a checkout, or of an installed package, in which `npm pack` wrote which one it packed
 * (deploy/prepack.ts). Null where nobody knows.
 */
export async function commitOf(root: string): Promise<string | null> {
  // Not the repository that somebody has around an installed package.
  if (!existsSync(join(root, '.git'))) {
    return readFile(join(root, 'dist', 'commit'), 'utf8').catch(() => null);
  }
  // It only looks; and a hook of git's that starts us has told where another repository is.
  const { GIT_DIR: _, GIT_WORK_TREE: __, ...environment } = process.env;
  const options = { cwd: root, env: { ...environment, GIT_OPTIONAL_LOCKS: '0' } };
  const words = ['describe', '--always', '--abbrev=12', '--exclude=*', '--dirty=, changed'];
  return promisify(execFile)('git', words, options).then(
    ({ stdout }) => stdout.trim(),
    () => null,
  );
}
