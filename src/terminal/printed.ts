/** What `--json` prints of each sub-command. What is named here stays as it is; more may come beside it. */

/** Keys of a document, and what stands there; one with `?` is not always there. */
type Keys = Readonly<Record<string, string>>;
/** When a document is printed → its keys; or in a sentence why none is. */
export type Printed = Readonly<Record<string, Keys>> | string;

const CONTENT = 'what a file asks for';

/** Sub-command → what it prints; in the order of the catalogue. */
export const PRINTED: Readonly<Record<string, Printed>> = {
  init: {
    always: {
      configuration: 'the file that was written',
      manifest: 'the file with the manifest of the Slack app',
      secrets: 'the folder for the secrets, with empty files',
      script: 'what sets up the account on the edge',
      publicKey: 'the key to give that account',
      keyMade: 'whether its private half was made, or was there',
      hostKey: 'the key that the edge showed; null where it showed none',
    },
  },
  start: 'It goes on: with `--log json` its log is a line of JSON for each event.',
  bot: 'It goes on: with `--log json` its log is a line of JSON for each event.',
  worker: 'It goes on: with `--log json` its log is a line of JSON for each event.',
  drain: {
    always: {
      workers: 'those that were asked, `HOST:PID` each',
      draining: 'whether they drain; false after --undo',
      ended: 'whether all of them have ended, as --wait waits for',
    },
  },
  check: {
    always: {
      checks: 'a row for each look: name, status (ok, warning, failed, unknown), text, fix',
    },
  },
  backup: {
    always: {
      file: 'where it was written',
      bytes: 'its size',
      counts: 'how many of each kind of record are in it',
      left: 'records that could not be read, and are not in it',
    },
  },
  restore: {
    'from the edges': {
      plan: 'a row for each environment: name, owner, tags, defaultRevision, moved, revisions, said',
      refused: 'what is not believed: edge, label, why',
      unreached: 'edges that said nothing: edge, why',
      taken: 'with --yes what came back, else null',
    },
    'with --from': {
      at: 'when the backup was made, in milliseconds since 1970',
      missing: 'how many of each kind of record Redis lacked',
      known: 'how many it had',
      isDone: 'whether they were added, as --yes does',
    },
  },
  exec: {
    always: {
      kind: 'what kind of answer it is; the other keys are those of that kind',
      'error?': 'code, kind, message, suggestion: wherever it ends with another code than 0',
      'build?': 'the whole record of a build',
      'lines?': 'of a build or a revision: a line for each edge and tool, with text and short',
    },
  },
  parse: {
    always: {
      command: 'the name of the command that is meant',
      arguments: 'its arguments by their names',
    },
  },
  read: {
    always: {
      name: 'the name in it; null where there is none',
      channels: 'names of channels',
      specs: `${CONTENT} of conda: name, version, build, channel`,
      pip: `${CONTENT} of pip: name, extras, specifier, url?, marker?`,
      locked: 'whether it is a lock, whose packages are exact',
      refused: 'rows that cannot be had: line, text, message, suggestion',
    },
  },
  diff: {
    always: {
      kind: 'comparison',
      from: 'the first one: what it is and has',
      to: 'the second one',
      compared: 'what differs, and for an environment.yml which of its constraints are met',
    },
  },
  pack: {
    always: {
      path: 'the archive',
      format: 'zip or tar.gz',
      root: 'the folder in it',
      files: 'how many it has',
      bytes: 'its size',
      sourceBytes: 'what its files take unpacked',
      sha256: 'its digest',
      seconds: 'how long it took',
      cache: 'hits, misses, reusedBytes',
      segments: 'its pieces in order',
      warnings: 'what was noticed: id, text',
    },
  },
  lint: {
    always: {
      file: 'the archive',
      format: 'by its content: zip, tar.gz, tar or unknown',
      root: 'the single folder in it, or null',
      files: 'how many it has',
      bytes: 'its size',
      unpackedBytes: 'what it takes unpacked',
      sha256: 'its digest',
      findings: 'id, severity, text, fix, paths, profiles',
      verdicts: 'for each profile ok or fails',
    },
  },
  'verify-archive': {
    always: {
      archive: 'the file',
      manifest: 'the one it was compared with',
      environment: 'the name in that',
      revision: 'the number in that',
      findings: 'what was compared: what (bytes, signature), status (ok, warning, failed), text',
    },
  },
  invoke: {
    always: {
      text: 'one shell line, or a document',
      rows: 'the same in rows to read; null for a document',
      format: 'shell, json, properties or python',
      environment: 'the variables it sets',
      argv: 'what is started with which arguments',
      warnings: 'id, text',
      directory: 'where to run it; null for anywhere',
      destination: 'where a document goes; null for a line',
    },
  },
  diagnose: {
    always: {
      findings:
        'id, title, confidence (0 to 1), evidence, cause, fix, command, …; the likeliest first',
    },
  },
  completion: 'It prints a script for a shell.',
  lab: {
    up: {
      directory: 'where all of it is',
      edge: 'how it is reached',
      cluster: 'its addresses',
      processes: 'what runs',
    },
    down: { ended: 'whether something ran' },
    status: {
      up: 'whether all of it runs',
      state: 'as `up` prints it; null where there is none',
      ended: 'what has ended by itself',
    },
  },
};

const FAILED =
  'Where nothing comes of it, the document is {"error": {code, message, suggestion, position?, repairs?, others?}}, and the exit code is not 0.';

/** The same for help. */
export function printedInWords(name: string): string {
  const printed = PRINTED[name] ?? '';
  if (typeof printed === 'string') return `There is no --json. ${printed}`;
  const documents = Object.entries(printed).map(([when, keys]) =>
    when === 'always' ? rowsOf(keys, '  ') : `  ${when}:\n${rowsOf(keys, '    ')}`,
  );
  return `With --json standard output has one document, with these keys:\n${documents.join('\n')}\n${FAILED}`;
}

function rowsOf(keys: Keys, indent: string): string {
  const width = Math.max(...Object.keys(keys).map((key) => key.length));
  return Object.entries(keys)
    .map(([key, says]) => `${indent}${key.padEnd(width)}  ${says}`)
    .join('\n');
}
