import { rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type FerryError, outsideError } from '../../domain/errors.ts';
import { cleanEnvironment, run } from './process.ts';

/**
 * Signatures of manifests as ssh makes and checks them (`PROTOCOL.sshsig`; OpenSSH 8.1 signs, 8.2 also finds
 * who did): whoever has ssh-keygen can check one. The namespace keeps what was signed for another purpose from counting here.
 */
const NAMESPACE = 'conda-ferry';
const SECONDS = 60;

/** The signature of a text, armoured. Errors: `signing-failed`, `program-missing`. */
export async function sign(text: string, keyFile: string): Promise<string> {
  // It refuses a key that others may read by itself.
  const { code, stdout, tail } = await sshKeygen(
    ['-Y', 'sign', '-n', NAMESPACE, '-f', keyFile],
    text,
  );
  if (code === 0 && stdout.startsWith('-----BEGIN SSH SIGNATURE-----')) return stdout;
  throw signingFailed(tail.join('\n'));
}

/**
 * Who signed a text, by the names that `signersFile` (ALLOWED SIGNERS of ssh-keygen(1)) has for keys; null where
 * none of them did.
 */
export async function signerOf(
  text: string,
  signatureFile: string,
  signersFile: string,
): Promise<string | null> {
  const files = ['-s', signatureFile, '-f', signersFile];
  const found = await sshKeygen(['-Y', 'find-principals', ...files], '');
  const [name = ''] = found.stdout.split('\n');
  if (found.code !== 0 || name === '') return null;
  const { code } = await sshKeygen(['-Y', 'verify', '-n', NAMESPACE, '-I', name, ...files], text);
  return code === 0 ? name : null;
}

/** Runs ssh-keygen, which asks nobody for a passphrase. Errors: `program-missing`. */
export function sshKeygen(args: readonly string[], input: string) {
  return run({
    ...{ file: 'ssh-keygen', args, cwd: '/', input },
    env: cleanEnvironment({ home: homedir(), named: { SSH_ASKPASS_REQUIRE: 'never' } }),
    ...{ signal: AbortSignal.timeout(SECONDS * 1000), timeoutSeconds: SECONDS, idleSeconds: null },
    outputLimit: 64 * 1024,
  });
}

function signingFailed(details: string): FerryError {
  return outsideError({
    code: 'signing-failed',
    message: 'The manifest of the archive could not be signed.',
    suggestion:
      'The operator looks at `signing.keyFile`: a private key without a passphrase that the worker alone may read (`ssh-keygen -t ed25519 -N "" -f FILE`).',
    details,
  });
}

/** The public half of a private key, as ssh writes it: `ssh-ed25519 AAAA…`. Errors: `signing-failed`. */
export async function publicKeyOf(keyFile: string): Promise<string> {
  const { code, stdout, tail } = await sshKeygen(['-y', '-P', '', '-f', keyFile], '');
  if (code === 0 && /^\S+ \S+/.test(stdout)) return stdout.trim();
  throw signingFailed(tail.join('\n'));
}

/** Whether texts are signed by one of `keys` (ALLOWED SIGNERS); `folder` is for files of its own. */
export async function signatureChecker(
  folder: string,
  keys: string,
): Promise<(signed: { json: string; signature: string }) => Promise<boolean>> {
  const signers = join(folder, 'signers');
  await writeFile(signers, `${keys.trimEnd()}\n`);
  let count = 0;
  return async ({ json, signature }) => {
    if (signature === '') return false;
    count += 1;
    const file = join(folder, `${count}.sig`);
    await writeFile(file, signature);
    try {
      return (await signerOf(json, file, signers)) !== null;
    } finally {
      await rm(file, { force: true });
    }
  };
}
