/** Keeps every accepted message and view as a JSON file, for judges outside this process. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type Recorder = (surface: 'message' | 'view', payload: unknown) => void;

/** Files are named by content, so runs and processes can share one directory. */
export function recordTo(directory: string | undefined): Recorder {
  if (directory === undefined) return () => {};
  mkdirSync(directory, { recursive: true });
  return (surface, payload) => {
    const json = JSON.stringify(payload, null, 2);
    const digest = createHash('sha256').update(json).digest('hex').slice(0, 16);
    writeFileSync(join(directory, `${surface}-${digest}.json`), `${json}\n`);
  };
}
