import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Node keeps what it compiled in the user's cache folder (XDG Base Directory Specification), which
 * saves a third of a short command's time. NODE_COMPILE_CACHE and NODE_DISABLE_COMPILE_CACHE, Node's
 * own, are heeded. A folder that cannot be written costs time and nothing else.
 */
function keepCompiled(): void {
  const { HOME, NODE_COMPILE_CACHE, XDG_CACHE_HOME } = process.env;
  try {
    const caches = XDG_CACHE_HOME || join(HOME || homedir(), '.cache');
    enableCompileCache(NODE_COMPILE_CACHE || join(caches, 'conda-ferry', 'node'));
  } catch {
    // Who has no home has no cache.
  }
}

keepCompiled();
// Only what is imported after that is kept.
await import('./terminal/main.ts');
