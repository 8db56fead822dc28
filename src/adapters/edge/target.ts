import { outsideError } from '../../domain/errors.ts';

export interface SshTarget {
  /** Name of the edge node in the configuration; messages speak of it. */
  edge: string;
  host: string;
  port: number;
  user: string;
  /** Null for the agent behind SSH_AUTH_SOCK. */
  privateKeyFile: string | null;
  /** Holds what the private key is encrypted with. */
  passphraseFile?: string | null;
  /** `ssh-ed25519 AAAA…`, a known_hosts line, or `SHA256:…`; null is refused with what to configure. */
  hostKey: string | null;
  connectTimeoutMilliseconds: number;
  /** A link from which nothing came for this long is given up as cut. */
  silenceMilliseconds: number;
  /** The host that leads there, with a key of its own; null where none is needed. */
  jump?: SshTarget | null;
  /** Whether this is such a host. */
  isJump?: boolean;
}

/** What messages call it: `edge churn`. */
export function calledOf({ edge, isJump = false }: SshTarget): string {
  return isJump ? `the jump host of edge ${edge}` : `edge ${edge}`;
}

export const capital = (words: string): string => words.slice(0, 1).toUpperCase() + words.slice(1);

export function unreachable(target: SshTarget, reason: string, cause?: unknown) {
  return outsideError(
    {
      code: 'edge-unreachable',
      message: `${capital(calledOf(target))} (${target.host}:${target.port}) cannot be reached: ${reason}.`,
      suggestion: target.jump
        ? 'Check that the host is up and that its jump host may reach its SSH port and forward to it (AllowTcpForwarding).'
        : 'Check that the host is up and that this build host may reach its SSH port.',
      retryable: true,
    },
    cause,
  );
}
