/** Reads one file, and tells what came of it: see `apart.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import { FerryError } from '../domain/errors.ts';
import { sendError } from '../domain/sent-error.ts';
import type { Answered, Asked } from './apart.ts';
import { readPackagesFile } from './read-file.ts';

function answer({ name, bytes, settings }: Asked): Answered {
  try {
    return { content: readPackagesFile(name, bytes, settings) };
  } catch (error) {
    if (!(error instanceof FerryError)) throw error;
    return { error: sendError(error, (text) => text) };
  }
}

parentPort?.postMessage(answer(workerData));
