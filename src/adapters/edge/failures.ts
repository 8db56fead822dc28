import { type FerryError, outsideError, userError } from '../../domain/errors.ts';
import { size } from '../../domain/figures.ts';
import { printable } from '../../domain/names.ts';
import type { Script, ScriptFailure } from './script.ts';
import type { SshTarget } from './target.ts';

/** What the exit codes of the programs in `scripts/` mean; `words` is what the program said. */
const MEANINGS: Readonly<Record<number, (edge: string, words: string) => FerryError>> = {
  40: (edge, words) =>
    outsideError({
      code: 'edge-denied',
      message: `Edge ${edge} does not let us write \`${lastLine(words)}\`.`,
      suggestion: 'Give the SSH user that folder, or configure another `root` for this edge.',
      details: words,
    }),
  42: (edge, words) =>
    outsideError({
      code: 'edge-tool-missing',
      message: `Edge ${edge} has none of the programs a step needs: ${lastLine(words)}.`,
      suggestion: 'Install one of them on the edge node.',
      details: words,
    }),
  43: (edge, words) =>
    outsideError({
      code: 'edge-busy',
      message: `Another staging of the same environment is at work on edge ${edge}.`,
      suggestion: 'Wait for it, then try again.',
      details: words,
    }),
  44: (edge, words) =>
    outsideError({
      code: 'unpack-failed',
      message: `The archive could not be unpacked on edge ${edge}: ${lastLine(words)}.`,
      suggestion: 'The log has what the unpacking program said.',
      details: words,
    }),
  45: (edge, words) =>
    outsideError({
      code: 'unpack-failed',
      message: `The environment's own Python could not finish unpacking on edge ${edge}: ${reason(words)}.`,
      suggestion:
        'Check that the edge has the architecture and at least the glibc the environment is built for.',
      details: words,
    }),
  46: (edge, words) =>
    outsideError({
      code: 'edge-denied',
      message: `On edge ${edge} something else is in the way: ${lastLine(words)}.`,
      suggestion: 'Move it away, or configure another `root` or `alias` for this edge.',
      details: words,
    }),
  47: (edge, words) =>
    outsideError({
      code: 'kerberos',
      message: `The cluster of edge ${edge} needs a Kerberos ticket, and there is no valid one.`,
      suggestion:
        'Run `kinit` (or a keytab renewal) for the SSH user on the edge node, then try again.',
      details: words,
    }),
  48: (edge, words) =>
    outsideError({
      code: 'hdfs-denied',
      message: `HDFS behind edge ${edge} refused the archive: ${reason(words)}.`,
      suggestion: 'Give the SSH user the configured `hdfs` folder, or set `hdfs` to another one.',
      details: words,
    }),
  49: (edge, words) =>
    outsideError({
      code: 'upload-corrupt',
      message: `The archive arrived damaged in HDFS behind edge ${edge}.`,
      suggestion: 'Try again; if it happens twice, the disks of the cluster need a look.',
      details: words,
      retryable: true,
    }),
  50: (_edge, words) =>
    userError({
      code: 'edge-directory-missing',
      message: `There is no folder ${lastLine(words)} on the edge node.`,
      suggestion: 'Stage the environment again.',
    }),
  52: (edge, words) =>
    outsideError({
      code: 'cluster-silent',
      message: `The ResourceManager behind edge ${edge} does not say which applications there are: ${reason(words)}.`,
      suggestion: "Check that the edge reaches the ResourceManager's web address.",
      details: words,
      retryable: true,
    }),
  53: (edge, words) =>
    outsideError({
      code: 'edge-root-open',
      message: `On edge ${edge} others may change what is staged: ${lastLine(words)}.`,
      suggestion:
        'Give that to the SSH user and take the right to write from everybody else (`chmod go-w`), or configure another `root` for this edge.',
      details: words,
    }),
  51: (edge, words) =>
    outsideError({
      code: 'edge-denied',
      message: `Edge ${edge} has no room or no permission for a temporary folder: ${lastLine(words)}.`,
      suggestion: 'Make /tmp (or TMPDIR) of the SSH user writable.',
      details: words,
    }),
};

/** Characters of what a login shell said instead of running a program. */
const LONGEST_WORDS = 300;

/** The user's login shell ran no program of ours: what it said instead says why, and comes from another host. */
export function loginRefused(
  { edge, user, host }: SshTarget,
  code: number | null,
  words: string,
): FerryError {
  const said = printable(words.replace(/\s+/g, ' ').trim(), LONGEST_WORDS);
  const how =
    said === '' ? `it ended with ${code ?? 'a signal'} without a word` : `it said: ${said}`;
  return outsideError({
    code: 'edge-login-refused',
    message: `The login shell of \`${user}\` on edge ${edge} runs no commands; ${how.replace(/\.$/, '')}.`,
    suggestion: `Give \`${user}\` a shell on ${host} (\`chsh -s /bin/bash ${user}\`), and let its start-up files and authorized_keys neither end it nor force a command.`,
    details: words,
  });
}

const DISK_FULL = /No space left on device|Disk quota exceeded|write error \(disk full\?\)/;

export function scriptError(edge: string, script: Script, failure: ScriptFailure): FerryError {
  const { code, stderr } = failure;
  if (DISK_FULL.test(stderr)) return diskFull(edge, null, null, stderr);
  const meaning = code === null ? undefined : MEANINGS[code];
  if (meaning) return meaning(edge, stderr);
  return outsideError({
    code: 'edge-failed',
    message: `The step \`${script.name}\` failed on edge ${edge}: ${lastLine(stderr) || `exit code ${code}`}.`,
    suggestion: 'The log has what it said.',
    details: stderr,
  });
}

/** Bytes; null where they are not known, because the disk filled while writing. */
export function diskFull(
  edge: string,
  needed: number | null,
  free: number | null,
  details: string | null = null,
): FerryError {
  const numbers =
    needed === null || free === null
      ? 'the disk filled up while writing'
      : `${size(needed)} are needed and ${size(free)} are free (${needed} and ${free} bytes)`;
  return outsideError({
    code: 'disk-full',
    message: `There is no room on edge ${edge}: ${numbers}.`,
    suggestion: 'Delete environments that are no longer used, or ask the operator for space.',
    details,
  });
}

export function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? '';
}

/** The line that names the cause, when the last one only counts the exit code. */
function reason(text: string): string {
  const lines = text.trim().split('\n');
  return lines.findLast((line) => !/^exit code \d+$/.test(line) && line.trim() !== '') ?? text;
}
