import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { execFileSync } from './command.ts';

const ROOT = join(import.meta.dirname, '../..');
const PACKAGES = join(ROOT, 'node_modules');

/** What git ignores, and what it keeps itself. */
const LEFT = ['.git', '.lab', '.out', 'dist', 'node_modules'];

/** A checkout's files as they are now, without packages: a bare clone. */
export function clone(folder: string): string {
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(ROOT).filter((each) => !LEFT.includes(each))) {
    const filter = (path: string) => !LEFT.includes(basename(path));
    cpSync(join(ROOT, name), join(folder, name), {
      recursive: true,
      verbatimSymlinks: true,
      filter,
    });
  }
  return folder;
}

/** `npm pack` in a clone of these files; answers the path of the tarball. */
export function pack(folder: string): string {
  const cloned = clone(join(folder, 'clone'));
  symlinkSync(PACKAGES, join(cloned, 'node_modules'));
  const said = execFileSync('npm', ['pack', '--pack-destination', folder], { cwd: cloned });
  return join(folder, `${said}`.trimEnd().split('\n').at(-1) ?? '');
}

/**
 * What `npm install TARBALL` makes in an empty folder, without a registry: each package that package.json
 * names, and no other, is a link to ours. Answers what `npx` would find.
 */
export function install(tarball: string, folder: string): string {
  const modules = join(folder, 'node_modules');
  const installed = join(modules, 'conda-ferry');
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1']);
  const { bin, dependencies, optionalDependencies } = JSON.parse(
    readFileSync(join(installed, 'package.json'), 'utf8'),
  );
  const there = readdirSync(PACKAGES);
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    // Of optional ones those for this platform.
    if (!name.startsWith('@') && !there.includes(name)) continue;
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(PACKAGES, name), join(modules, name));
  }
  const program = join(modules, '.bin/conda-ferry');
  mkdirSync(dirname(program));
  symlinkSync(join('../conda-ferry', bin['conda-ferry']), program);
  return program;
}
