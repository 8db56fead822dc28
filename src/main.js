// @ts-check
import module from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

/*
 * The only JavaScript here: before what Node compiled is found again, it would load all of a compiler
 * to take the types out of this file, which takes longer than Node's own start.
 */

/**
 * Node keeps what it compiled in the user's cache folder (XDG Base Directory Specification), without
 * types. NODE_COMPILE_CACHE and NODE_DISABLE_COMPILE_CACHE, Node's own, are heeded. A folder that cannot
 * be written costs time and nothing else.
 */
function keepCompiled() {
  const { HOME, NODE_COMPILE_CACHE, XDG_CACHE_HOME } = process.env;
  try {
    const caches = XDG_CACHE_HOME || join(HOME || homedir(), '.cache');
    module.enableCompileCache(NODE_COMPILE_CACHE || join(caches, 'conda-ferry', 'node'));
  } catch {
    // Who has no home has no cache.
  }
}

if (process.features.typescript) {
  keepCompiled();
  // Only what is imported after that is kept.
  await import('./terminal/main.ts');
} else {
  // What was found when the packages were installed may have become another one.
  process.stderr.write(
    `conda-ferry: ${process.execPath} is Node ${process.version}, which runs no TypeScript (22.18 or newer does).\n` +
      'Type: rm node_modules/.bin/node && npm install\n',
  );
  process.exitCode = 2;
}
