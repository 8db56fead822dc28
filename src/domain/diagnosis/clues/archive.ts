import { CANNOT_RUN, type Clue, isOnEdge, type Place, PYTHON_PATH } from './clue.ts';

/** Java's stack, or a daemon's message, when the failing file is one that is shipped. */
const SHIPPING =
  /deploy\.yarn\.Client|FSDownload|SparkContext\.addFile|DependencyUtils|resolveAndDownloadJars|SparkSubmit\$?\.prepareSubmitEnvironment|k8s\.KubernetesUtils|Utils\$?\.doFetchFile|ContainerLocalizer|ResourceLocalizationService|Failed to download r(?:es|s)rc|LocalResourceRequest|SparkContext\.addArchive|Utils\$?\.fetchFile|Utils\$?\.unpack|FileUtil\.un(?:Zip|Tar)|RunJar\.unJar|Executor\.updateDependencies|DependencyUtils/;
const ARCHIVE = '[^\\s,"\'()]+\\.(?:zip|tar\\.gz|tgz|tar|tar\\.bz2|tar\\.xz|tar\\.zst|jar)';
/** Paths only a staging has. */
const STAGED = /\/archives\/[0-9a-f]{8,}\/|#[A-Za-z][\w.-]*/;

/** The file that fails is on its way to the executors. */
export function isShipped({ match, stackHas, precededBy }: Place): boolean {
  return (
    STAGED.test(match[0]) ||
    SHIPPING.test(match.input) ||
    // What YARN says of an application that could not be localized, with the stack cut off.
    /exitCode: -1000|[Dd]iagnostics:|appattempt_/.test(match.input) ||
    stackHas(SHIPPING) ||
    precededBy(SHIPPING, 3)
  );
}

function isUnpacked({ match, stackHas, precededBy }: Place): boolean {
  return SHIPPING.test(match.input) || stackHas(SHIPPING) || precededBy(SHIPPING, 6);
}

/** The archive on its way. */
export const ARCHIVE_CLUES: readonly Clue[] = [
  {
    id: 'archive-missing',
    needle: 'does not exist',
    pattern: new RegExp(
      `(?:FileNotFoundException(?::| \\()|[Dd]iagnostics:(?: \\[[^\\]]{1,40}\\])?) ?File (${ARCHIVE}(?:#[\\w.-]+)?) does not exist`,
    ),
    confidence: 0.95,
    accept: isShipped,
  },
  {
    id: 'archive-missing',
    needle: 'File does not exist',
    pattern: new RegExp(`File does not exist: (${ARCHIVE})`),
    confidence: 0.9,
    // Spark's own upload is gone when the application has ended: never the cause.
    accept: (place) => !place.match[0].includes('.sparkStaging') && isShipped(place),
  },
  {
    id: 'archive-missing',
    needle: 'No such file or directory',
    pattern: new RegExp(
      `FileNotFoundException(?::| \\() ?(${ARCHIVE}) \\(No such file or directory\\)`,
    ),
    confidence: 0.9,
    accept: isShipped,
  },
  {
    id: 'archive-missing',
    needle: 'NoSuchFileException',
    pattern: new RegExp(`NoSuchFileException(?::| \\() ?(${ARCHIVE})`),
    confidence: 0.9,
    accept: isShipped,
  },
  {
    id: 'archive-missing',
    needle: 'No such file or directory',
    pattern: new RegExp(
      `FileNotFoundException(?::| \\() ?No such file or directory:? '?(${ARCHIVE})`,
    ),
    confidence: 0.9,
    accept: isShipped,
  },
  {
    id: 'archive-missing',
    needle: 'Uploading file',
    // KubernetesUtils.uploadFileUri, on the host the job is submitted from.
    pattern: new RegExp(`Uploading file (?:file:/*)?(${ARCHIVE}(?:#[\\w.-]+)?) failed`),
    confidence: 0.9,
    accept: ({ followedBy }) => followedBy(/FileNotFoundException: .{0,300} does not exist/, 40),
  },
  {
    id: 'archive-not-unpacked',
    needle: 'Cannot unpack',
    pattern: /^Cannot unpack (\S+?)(?:, just copying it to .*)?\.?$/,
    confidence: 0.9,
  },
  {
    id: 'archive-not-unpacked',
    needle: 'Cannot run program',
    pattern: new RegExp(`${CANNOT_RUN}20\\b`),
    confidence: 0.9,
  },
  {
    id: 'archive-not-unpacked',
    needle: 'Not a directory',
    pattern: new RegExp(`(?:^|[\\s:'"])${PYTHON_PATH}['"]?: Not a directory`),
    confidence: 0.85,
  },
  {
    id: 'archive-not-unpacked',
    needle: 'Not a directory',
    pattern: new RegExp(`^NotADirectoryError: \\[Errno 20\\] Not a directory: '${PYTHON_PATH}'`),
    confidence: 0.8,
  },
  {
    id: 'archive-content-mismatch',
    needle: 'Error executing command.',
    pattern: /Error executing command\. .{0,400}(?:gzip|tar|unzip)\b/,
    confidence: 0.9,
  },
  {
    id: 'archive-content-mismatch',
    needle: 'not in gzip format',
    pattern: /gzip: \S+: not in gzip format/,
    confidence: 0.9,
  },
  {
    id: 'archive-content-mismatch',
    needle: 'look like a tar archive',
    pattern: /tar: This does not look like a tar archive/,
    confidence: 0.9,
  },
  {
    id: 'archive-content-mismatch',
    needle: 'Unexpected EOF in archive',
    pattern: /tar: Unexpected EOF in archive/,
    confidence: 0.85,
  },
  {
    id: 'archive-content-mismatch',
    needle: 'Corrupted TAR archive',
    pattern: /Corrupted TAR archive/,
    confidence: 0.9,
  },
  {
    id: 'archive-content-mismatch',
    needle: 'unexpected end of file',
    pattern: /^(?:ExitCodeException exitCode=\d+: )?gzip: \S+: unexpected end of file/,
    confidence: 0.85,
  },
  {
    id: 'archive-content-mismatch',
    needle: ['not recoverable', 'central-directory signature not found', 'bad local file header'],
    pattern:
      /^tar: Error is not recoverable: exiting now|End-of-central-directory signature not found|ZipImportError: bad local file header/,
    confidence: 0.75,
  },
  {
    id: 'archive-content-mismatch',
    needle: 'Broken pipe',
    pattern: /(?:gzip|tar): .{0,200}Broken pipe/,
    confidence: 0.7,
  },
  {
    id: 'archive-content-mismatch',
    needle: 'ZipException',
    pattern:
      /ZipException(?::| \() ?(?:zip END header not found|error in opening zip file|zip file is empty|Archive is not a ZIP archive|Not in GZIP format|invalid (?:CEN|END|LOC) header|.{0,80}not a zip)/i,
    confidence: 0.85,
    accept: isUnpacked,
  },
  {
    id: 'archive-content-mismatch',
    needle: 'EOFException',
    pattern: /EOFException(?::| \() ?Unexpected end of ZLIB input stream/,
    confidence: 0.8,
    accept: isUnpacked,
  },
  {
    id: 'archive-content-mismatch',
    needle: 'n the .gz format',
    pattern: /Input is not in the \.gz format/,
    confidence: 0.85,
  },
  {
    id: 'zip-data-descriptor',
    needle: 'can have EXT descriptor',
    pattern: /only DEFLATED entries can have EXT descriptor/,
    confidence: 0.97,
  },
  {
    id: 'zip-data-descriptor',
    needle: 'feature data descriptor',
    pattern: /[Uu]nsupported feature data descriptor used in entry (\S+)?/,
    confidence: 0.97,
  },
  {
    id: 'zip-unsupported-feature',
    needle: 'invalid entry size',
    pattern: /invalid entry size \(expected \d+ but got \d+ bytes\)/,
    confidence: 0.95,
  },
  {
    id: 'zip-unsupported-feature',
    needle: 'invalid compression method',
    pattern:
      /(?:ZipException|IOException).{0,80}invalid compression method|^invalid compression method$/,
    confidence: 0.95,
  },
  {
    id: 'zip-unsupported-feature',
    needle: 'nsupported ',
    pattern:
      /(?:Unsupported compression method \d+|[Uu]nsupported feature (?:method|encryption|splitting|[A-Z]\w*).{0,60} used in entry|encrypted ZIP entry not supported)/,
    confidence: 0.9,
    accept: ({ message }) => !message.includes('data descriptor'),
  },
  {
    id: 'zip-unsupported-feature',
    needle: 'chmod: cannot access',
    pattern: /chmod: cannot access '?[^\s']*_tmp\//,
    confidence: 0.9,
  },
  {
    id: 'plain-tar-off-yarn',
    needle: 'create entry outside of',
    pattern: /expanding (\S+) would create entry outside of/,
    confidence: 0.95,
  },
  {
    id: 'plain-tar-off-yarn',
    needle: 'outside of the',
    pattern:
      /IOException(?::| \() ?[Ee]xpanding \S+ (?:would create|creates) (?:a |an )?(?:file|link|entry) outside of the/,
    confidence: 0.9,
  },
  {
    id: 'archive-overwritten',
    needle: 'changed on src filesystem',
    pattern: /Resource (\S+) changed on src filesystem/,
    confidence: 0.97,
  },
  {
    id: 'archive-overwritten',
    needle: 'multiple times',
    pattern: /Attempt to add \((\S+)\) multiple times to the distributed cache/,
    confidence: 0.95,
  },
  {
    id: 'archive-overwritten',
    needle: 'multiple times',
    // The same warning for a .jar is harmless, and frequent.
    pattern:
      /^Same (?:name|path) resource ([^\s#]+\.(?:zip|tar\.gz|tgz|tar)(?:#\S+)?) added multiple times to distributed cache/,
    confidence: 0.6,
    accept: ({ match }) => !/\/(?:pyspark|py4j-[^/]*)\.zip/.test(match[1] ?? ''),
  },
  {
    id: 'archive-overwritten',
    needle: 'does not match contents of',
    pattern: new RegExp(`File (${ARCHIVE}) exists and does not match contents of`),
    confidence: 0.85,
  },
  {
    id: 'staged-unreadable',
    needle: 'Permission denied: user=',
    pattern: new RegExp(
      `Permission denied: user=[^,\\s]+, access=(?:READ|EXECUTE|READ_EXECUTE), inode="(${ARCHIVE}|[^"]{0,300}/archives/[0-9a-f]{8,64}[^"]{0,300})"`,
    ),
    confidence: 0.92,
    accept: isShipped,
  },
  {
    id: 'staged-unreadable',
    needle: 'part of the public cache',
    pattern:
      /Resource (\S+) is not publicly access[ai]ble and as such cannot be part of the public cache/,
    confidence: 0.93,
  },
  {
    id: 'staged-unreadable',
    needle: '(Permission denied)',
    pattern: new RegExp(`FileNotFoundException(?::| \\() ?(${ARCHIVE}) \\(Permission denied\\)`),
    confidence: 0.9,
    accept: isShipped,
  },
  {
    id: 'staged-unreadable',
    needle: 'AccessDeniedException',
    pattern: new RegExp(`AccessDeniedException(?::| \\() ?(${ARCHIVE})`),
    confidence: 0.85,
    accept: isShipped,
  },
  {
    id: 'staged-unreadable',
    needle: 'Cannot run program',
    pattern: new RegExp(`${CANNOT_RUN}13\\b`),
    confidence: 0.8,
    accept: ({ match }) => isOnEdge(match[1] ?? ''),
  },
  {
    id: 'staged-unreadable',
    needle: 'Permission denied',
    pattern: new RegExp(`(?:^|[\\s:'"])${PYTHON_PATH}['"]?: [Pp]ermission denied`),
    confidence: 0.75,
    accept: ({ match }) => isOnEdge(match[1] ?? ''),
  },
  {
    id: 'staged-unreadable',
    needle: 'Permission denied',
    pattern:
      /^PermissionError: \[Errno 13\] Permission denied: '([^']{0,300}\/envs\/[^']{0,300}?\/(?:site-packages|bin|lib)\/[^']{0,300})'/,
    confidence: 0.8,
  },
  {
    id: 'staged-unreadable',
    needle: 'Permission denied',
    pattern:
      /^(?:cp|cat|dd|tar|gzip|unzip|scp|rsync|get|copyFromLocal|put|sha256sum): .{0,200}?(?<![\w./-])(\/[^\s'"]{0,300}\/archives\/[0-9a-f]{8,64}\/[^\s'":]{1,200})(?=[\s'":]).{0,60}Permission denied/,
    confidence: 0.85,
  },
];
