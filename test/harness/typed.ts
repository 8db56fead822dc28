/** `conda-ferry` as somebody types it, to its end; and what `--json` promises of what it prints. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { PRINTED } from '../../src/terminal/printed.ts';
import { MAIN } from './product.ts';

interface Typing {
  /** Standard input. */
  input?: string;
  /** Where it is typed; not one with a configuration. */
  folder?: string;
  environment?: NodeJS.ProcessEnv;
}

export interface Typed {
  status: number | null;
  stdout: string;
  stderr: string;
}

export function typed(
  words: readonly string[],
  { input = '', folder = '/', environment = {} }: Typing = {},
): Typed {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...words], {
    ...{ encoding: 'utf8', input, cwd: folder },
    env: { ...process.env, CONDA_FERRY_CONFIG: '', ...environment },
  });
  return { status, stdout, stderr };
}

/** The one document on standard output, and nothing else there. */
export function documentIn(stdout: string) {
  assert.equal(stdout.trimEnd().split('\n').length, 1, stdout);
  return JSON.parse(stdout);
}

/** The same of a sub-command: it has the keys that help promises, and none that help does not know. */
export function printedBy(name: string, stdout: string) {
  const document = documentIn(stdout);
  const promised = PRINTED[name];
  assert.ok(typeof promised === 'object', `${name} has no --json`);
  const keys = Object.keys(document);
  const fits = Object.values(promised).some((each) => {
    const named = Object.keys(each);
    const needed = named.filter((key) => !key.endsWith('?'));
    // Each kind of answer has keys of its own.
    const isOpen = name === 'exec';
    return (
      needed.every((key) => keys.includes(key)) &&
      (isOpen || keys.every((key) => named.includes(key) || named.includes(`${key}?`)))
    );
  });
  assert.ok(fits, `${name} prints ${keys.join(', ')}`);
  return document;
}
