import { outsideError } from '../../domain/errors.ts';

export interface SshTarget {
  /** Name of the edge node in the configuration; messages speak of it. */
  edge: string;
  host: string;
  port: number;
  user: string;
  /** An unencrypted private key; null for the agent behind SSH_AUTH_SOCK. */
  privateKeyFile: string | null;
  /** `ssh-ed25519 AAAA…`, a known_hosts line, or `SHA256:…`; null is refused with what to configure. */
  hostKey: string | null;
  connectTimeoutMilliseconds: number;
  /** A link from which nothing came for this long is given up as cut. */
  silenceMilliseconds: number;
}

export function unreachable(target: SshTarget, reason: string, cause?: unknown) {
  return outsideError(
    {
      code: 'edge-unreachable',
      message: `Edge ${target.edge} (${target.host}:${target.port}) cannot be reached: ${reason}.`,
      suggestion: 'Check that the host is up and that this build host may reach its SSH port.',
      retryable: true,
    },
    cause,
  );
}
