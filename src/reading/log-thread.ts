/** Reads one log: see `log.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import { contentOfLog } from './log-content.ts';

parentPort?.postMessage(contentOfLog(workerData));
