import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Of this file, one up: a checkout's own folder, and the `dist` of an installed package. */
const ABOVE = join(import.meta.dirname, '..');

/**
 * The folder with package.json and `deploy`: of a checkout its own, of an installed package the one that
 * npm made, in which the code stands one folder deeper.
 */
export const ROOT = existsSync(join(ABOVE, 'package.json')) ? ABOVE : join(ABOVE, '..');
