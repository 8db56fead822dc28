import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type FileHandle, open } from 'node:fs/promises';
import { hostname } from 'node:os';
import { outsideError } from '../../domain/errors.ts';
import { findExecutable, STANDARD_PATH } from './process.ts';

/** A file that is locked by us until it is released, or until this process ends, however it ends. */
export interface FileLock {
  release(): Promise<void>;
}

/** From sysexits.h, EX_TEMPFAIL: none of flock's own codes. */
const LOCKED_BY_ANOTHER = 75;
/** The descriptor under which `flock` gets ours. */
const INHERITED = 3;

/**
 * Locks a file for `purpose`, or answers null when somebody else has it, in this process too. The lock is
 * flock(2)'s on a descriptor that stays open and that no other program inherits: the kernel ends it with
 * us, and no process id is asked, which may be anybody's by then. Node has no call for it; util-linux'
 * `flock` makes it on the descriptor it is handed. The file stays: who removed it would let the next one
 * lock another file of the same name.
 * Throws `program-missing` or `lock-failed`.
 */
export async function tryLock(path: string, purpose: string): Promise<FileLock | null> {
  const file = await open(path, 'a+', 0o644);
  try {
    if (!(await lock(file, path))) {
      await file.close();
      return null;
    }
    await file.truncate();
    const since = new Date().toISOString();
    await file.write(`${purpose}, process ${process.pid} on ${hostname()} since ${since}\n`);
  } catch (error) {
    await file.close();
    throw error;
  }
  return {
    async release() {
      // Its words would be taken for those of the next holder.
      await file.truncate().catch(() => undefined);
      await file.close();
    },
  };
}

async function lock(file: FileHandle, path: string): Promise<boolean> {
  const program = findExecutable('flock', STANDARD_PATH);
  if (program === null) throw missing();
  const args = ['--nonblock', '--conflict-exit-code', `${LOCKED_BY_ANOTHER}`, `${INHERITED}`];
  const child = spawn(program, args, { env: {}, stdio: ['ignore', 'ignore', 'pipe', file.fd] });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [code] = await once(child, 'close');
  if (code === 0) return true;
  if (code === LOCKED_BY_ANOTHER) return false;
  throw outsideError({
    code: 'lock-failed',
    message: `${path} cannot be locked: ${said.trim() || `flock ended with ${code}`}.`,
    suggestion: 'The data folder of a build host belongs on a disk of its own (ext4, XFS).',
  });
}

function missing() {
  return outsideError({
    code: 'program-missing',
    message: 'The program `flock` is not on this build host.',
    suggestion: 'Install `util-linux`, then run `conda-ferry check`.',
  });
}
