/**
 * fast-check for all tests. The usual run tries the same cases each time: what turns red is what was
 * changed. New ones are drawn by the full run, whose failures name the seed that shows them again.
 */
import fc from 'fast-check';
import { isFull } from './full.ts';

const SEED = 2016;

if (!isFull) fc.configureGlobal({ seed: SEED });

export default fc;
