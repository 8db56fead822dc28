/**
 * Judges what we would send with Slack's own Python models: one process for all payloads.
 * Payloads are also kept under `test/.out/slack`, where anyone can look at them.
 */

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execFileSync } from '../harness/command.ts';

const ROOT = join(import.meta.dirname, '../..');
const PYTHON = join(ROOT, '.lab/python/bin/python');
const VALIDATOR = join(ROOT, 'deploy/lab/slack/test/python/validate_blocks.py');
const OUT = join(ROOT, 'test/.out/slack');

/** Why judging is not possible here, or false. */
export const cannotJudge: string | false = !existsSync(PYTHON)
  ? 'the private Python with slack_sdk is not installed (.lab/python); `npm test` prepares it'
  : false;

/** Complaints by payload name; empty when Slack's models accept everything. */
export function judge(payloads: Readonly<Record<string, object>>): string {
  mkdirSync(OUT, { recursive: true });
  const files = Object.entries(payloads).map(([name, payload]) => {
    const file = join(OUT, `${name}.json`);
    writeFileSync(file, `${JSON.stringify(payload, null, 1)}\n`);
    return file;
  });
  try {
    execFileSync(PYTHON, [VALIDATOR, ...files], { encoding: 'utf8', stdio: 'pipe' });
    return '';
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    return `${stdout}${stderr}` || String(error);
  }
}
