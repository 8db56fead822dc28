import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { outsideError } from '../../domain/errors.ts';
import { sshKeygen } from './signature.ts';

/** Makes a key pair, FILE (mode 0600) and FILE.pub, without a passphrase. Errors: `key-failed`, `program-missing`. */
export async function makeKey(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const comment = `conda-ferry@${hostname()}`;
  const words = ['-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', file];
  const { code, tail } = await sshKeygen(words, '');
  if (code !== 0) throw keyFailed(`The key ${file} could not be made`, tail);
}

/** The public half of a private key: `ssh-ed25519 AAAA…`. Errors: `key-failed`, `program-missing`. */
export async function publicKeyOf(file: string): Promise<string> {
  const { code, stdout, tail } = await sshKeygen(['-y', '-f', file], '');
  const [kind, key] = stdout.trim().split(' ');
  if (code !== 0 || !kind || !key)
    throw keyFailed(`${file} is no private key to log in with`, tail);
  return `${kind} ${key}`;
}

function keyFailed(what: string, tail: readonly string[]) {
  return outsideError({
    code: 'key-failed',
    message: `${what}: ${tail.join(' ') || 'ssh-keygen says nothing'}.`,
    suggestion:
      'Name a private key without a passphrase that nobody else may read, or a file that is not there: then one is made.',
  });
}
