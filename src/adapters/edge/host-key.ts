import { createHash } from 'node:crypto';
import { outsideError } from '../../domain/errors.ts';
import { calledOf, capital, type SshTarget } from './target.ts';

export interface HostKey {
  /** `ssh-ed25519`; null when only a fingerprint is configured. */
  type: string | null;
  fingerprint: string;
}

/** Null where none is configured. Throws `host-key-unknown` for what is no key. */
export function expectedHostKey(target: SshTarget): HostKey | null {
  const text = target.hostKey?.trim();
  if (!text) return null;
  const fingerprint = /^SHA256:[A-Za-z0-9+/]{43}=?$/.exec(text);
  if (fingerprint) return { type: null, fingerprint: text.replace(/=$/, '') };
  const line = /(?:^|\s)((?:ssh|ecdsa|sk)-[A-Za-z0-9@.-]+)\s+(AAAA[A-Za-z0-9+/]+=*)(?:\s|$)/.exec(
    text,
  );
  if (line?.[1] && line[2]) {
    return { type: line[1], fingerprint: fingerprintOf(Buffer.from(line[2], 'base64')) };
  }
  throw outsideError({
    code: 'host-key-unknown',
    message: `The \`hostKey\` configured for ${calledOf(target)} is neither a key nor a fingerprint.`,
    suggestion: 'Write `ssh-ed25519 AAAA…` (as `ssh-keyscan` prints it) or `SHA256:…`.',
  });
}

/** A server with several keys shows the one we ask for; RSA keys sign with SHA-2 only. */
export function signatureAlgorithms(type: string): string[] {
  return type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256'] : [type];
}

/** `SHA256:…` as OpenSSH prints it: base64 without padding. */
export function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** Another key than expected was seen, or none is configured to compare it with. */
export function hostKeyError(target: SshTarget, expected: string | null, seen: Buffer) {
  const key = hostKeyLine(seen);
  if (expected === null) {
    return outsideError({
      code: 'host-key-unknown',
      message: `No host key is configured for ${calledOf(target)}; ${target.host} shows ${fingerprintOf(seen)}.`,
      suggestion: `Compare that with \`ssh-keygen -lf ${publicKeyFile(seen)}\` on the host itself, then set hostKey: '${key}'.`,
    });
  }
  return outsideError({
    code: 'host-key-mismatch',
    message: `${capital(calledOf(target))} shows another host key than configured: ${fingerprintOf(seen)} (${keyType(seen)}) instead of ${expected}. Nothing was sent to it.`,
    suggestion: `Ask who runs ${target.host} whether it was reinstalled; only then change \`hostKey\`.`,
  });
}

/** Where a host has its own copy, as OpenSSH names it: `ssh-ed25519` → `…/ssh_host_ed25519_key.pub`. */
function publicKeyFile(seen: Buffer): string {
  const type = keyType(seen);
  const kind = type.startsWith('ssh-') ? type.slice('ssh-'.length) : 'ecdsa';
  return `/etc/ssh/ssh_host_${kind}_key.pub`;
}

/** As `ssh-keyscan` prints it: `ssh-ed25519 AAAA…`. */
export function hostKeyLine(key: Buffer): string {
  return `${keyType(key)} ${key.toString('base64')}`;
}

/** An SSH public key begins with its type as a length-prefixed string (RFC 4253, section 6.6). */
function keyType(key: Buffer): string {
  return key.subarray(4, 4 + key.readUInt32BE(0)).toString('latin1');
}
