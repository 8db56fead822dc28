/**
 * Makes `dist`, what `npm pack` packs in place of the sources: Node strips no types under node_modules.
 * The same tree, each line at its number, so that stacks tell where to look; what is no TypeScript is
 * copied. `npm pack` removes it again, as a checkout runs its sources.
 */
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join } from 'node:path';
import { commitOf } from '../src/terminal/version.ts';

const ROOT = join(import.meta.dirname, '..');
const DIST = join(ROOT, 'dist');

/** What is for readers of the sources, and what starts them; main.ts is a link to main.js. */
const LEFT = /\.md$|^src\/(?:conda-ferry|find-node|main\.ts)$/;

/** A file of ours that another one names: `'./parse.ts'`. */
const NAMED = /(?<=(['"])(\.\.?\/[^'"\n]+)\.)ts(?=\1)/g;

const withoutTypes = (name: string): string => name.replace(/\.ts$/, '.js');

/** Of the code of `name`, a path below the root; throws where it names a file that there is not. */
function stripped(name: string, code: string): string {
  const plain = name.endsWith('.ts') ? stripTypeScriptTypes(code) : code;
  return plain.replace(NAMED, (_ending, _quote, path: string) => {
    if (!existsSync(join(ROOT, dirname(name), `${path}.ts`))) {
      throw new Error(`${name} names ${path}.ts, which is not there.`);
    }
    return 'js';
  });
}

rmSync(DIST, { recursive: true, force: true });
const entries = globSync(['src/**', 'commands/**'], { cwd: ROOT, withFileTypes: true });
for (const entry of entries.filter((each) => !each.isDirectory())) {
  const name = join(entry.parentPath, entry.name).slice(ROOT.length + 1);
  if (LEFT.test(name)) continue;
  const bytes = readFileSync(join(ROOT, name));
  const target = join(DIST, withoutTypes(name));
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, /\.[jt]s$/.test(name) ? stripped(name, `${bytes}`) : bytes);
}
const commit = await commitOf(ROOT);
if (commit !== null) writeFileSync(join(DIST, 'commit'), commit);
