import type { Notice } from './inspect.ts';
import type { Unpacker } from './profiles.ts';

/**
 * What each notice means. `fails` is the matrix of what was measured by running the classes that
 * unpack: `FSDownload` and `Utils.unpack` of Hadoop 3.3.4, 3.3.6, 3.4.1 and 3.5.0, and of
 * Spark 3.5, 4.0 and 4.3. Ids that `diagnose` has too mean the same there.
 */
export interface Rule {
  id: string;
  severity: 'error' | 'warning';
  text: string;
  fix: string;
  /** Where an archive with this breaks; for warnings, where it hurts. */
  fails(unpacker: Unpacker): boolean;
}

const everywhere = () => true;
const offYarn = ({ program }: Unpacker) => program === 'spark';
const onYarn = ({ program }: Unpacker) => program === 'yarn';
const firstGeneration = ({ generation }: Unpacker) => generation === 1;

const PACK_AGAIN = 'Pack it again with `conda-ferry pack`.';

export const RULES: Readonly<Record<Notice, Rule>> = {
  'not-unpacked': {
    id: 'archive-not-unpacked',
    severity: 'error',
    text: 'YARN and Spark unpack only names that end in .zip, .jar, .tar.gz, .tgz or .tar; anything else is copied as one file.',
    fix: 'Pack it as .tar.gz or .zip.',
    fails: everywhere,
  },
  'content-mismatch': {
    id: 'archive-content-mismatch',
    severity: 'error',
    text: 'The content is not what the name says, and the name alone decides how it is unpacked.',
    fix: 'Give it the name of what it is, or pack it again.',
    fails: everywhere,
  },
  truncated: {
    id: 'archive-content-mismatch',
    severity: 'error',
    text: 'The archive is cut off or damaged.',
    fix: 'Copy it again and compare sha256, or pack it again.',
    fails: everywhere,
  },
  'too-large': {
    id: 'archive-bomb',
    severity: 'error',
    text: 'It would unpack to far more than any environment has.',
    fix: PACK_AGAIN,
    fails: everywhere,
  },
  'plain-tar': {
    id: 'plain-tar-off-yarn',
    severity: 'error',
    text: "Off YARN, Spark unpacks a plain .tar with Java code that loses modes, rejects `./` and resolves links against the archive's top.",
    fix: 'Compress it: `gzip env.tar` gives env.tar.gz, which tar itself unpacks.',
    fails: offYarn,
  },
  zip: {
    id: 'exec-bit-lost',
    severity: 'error',
    text: 'Spark 3, with Hadoop client 3.3.4 or older, unpacks a zip without modes, so `bin/python` cannot be executed.',
    fix: 'Pack it as .tar.gz.',
    fails: (unpacker) => offYarn(unpacker) && firstGeneration(unpacker),
  },
  jar: {
    id: 'exec-bit-lost',
    severity: 'error',
    text: 'Spark unpacks a .jar without modes, so `bin/python` cannot be executed.',
    fix: 'Pack it as .tar.gz.',
    fails: offYarn,
  },
  'zip-without-modes': {
    id: 'exec-bit-lost',
    severity: 'error',
    text: 'The zip has no Unix mode for `bin/python`, so nothing can restore it.',
    fix: 'Pack it as .tar.gz, or as a zip made on Unix.',
    fails: offYarn,
  },
  'interpreter-not-executable': {
    id: 'exec-bit-lost',
    severity: 'error',
    text: '`bin/python` is not executable in the archive.',
    fix: '`chmod +x bin/python*`, then pack again.',
    fails: offYarn,
  },
  'absent-interpreter': {
    id: 'interpreter-not-found',
    severity: 'error',
    text: 'There is no `bin/python` at the top or in a top-level folder, so no PYSPARK_PYTHON can point into it.',
    fix: 'Add `python` to the environment, and pack its prefix as one top-level folder.',
    fails: everywhere,
  },
  'dangling-interpreter': {
    id: 'dangling-link',
    severity: 'error',
    text: '`bin/python` is a link to something that is not in the archive.',
    fix: PACK_AGAIN,
    fails: everywhere,
  },
  'dangling-link': {
    id: 'dangling-link',
    severity: 'warning',
    text: 'Links lead to nothing in the archive.',
    fix: 'Remove them from the environment, or pack what they lead to.',
    fails: everywhere,
  },
  'link-outside': {
    id: 'link-outside',
    severity: 'warning',
    text: 'Links lead out of the archive: to nothing on the nodes, or to something else.',
    fix: 'Make them relative to where they lie, within the environment.',
    fails: everywhere,
  },
  'unsafe-member': {
    id: 'unsafe-member',
    severity: 'error',
    text: 'Members have absolute paths or `..`: unpacking stops at them.',
    fix: PACK_AGAIN,
    fails: everywhere,
  },
  'duplicate-member': {
    id: 'duplicate-member',
    severity: 'warning',
    text: 'Members appear more than once; the last one wins, or the first, depending on the reader.',
    fix: PACK_AGAIN,
    fails: everywhere,
  },
  'special-member': {
    id: 'special-file',
    severity: 'warning',
    text: 'Devices, pipes or other special members cannot be unpacked by everybody.',
    fix: 'Remove them from the environment.',
    fails: everywhere,
  },
  'zip-link': {
    id: 'zip-symlink-hang',
    severity: 'error',
    text: 'The zip holds symbolic links, which are unpacked as text files: `bin/python` becomes one, runs as a shell script and waits for ever.',
    fix: 'Zip without `-y`/`--symlinks`, or pack it as .tar.gz.',
    fails: everywhere,
  },
  'zip-stored-descriptor': {
    id: 'zip-data-descriptor',
    severity: 'error',
    text: 'Stored members with sizes behind their data: YARN reads a zip from its beginning and cannot know where they end.',
    fix: 'Write the zip to a file instead of a pipe, or pack it as .tar.gz.',
    fails: onYarn,
  },
  'zip-zip64-descriptor': {
    id: 'zip-data-descriptor',
    severity: 'error',
    text: 'Zip64 members with sizes behind their data: YARN of Hadoop 3.3.4 and older reads them wrong.',
    fix: 'Write the zip to a file instead of a pipe, or pack it as .tar.gz.',
    fails: (unpacker) => onYarn(unpacker) && firstGeneration(unpacker),
  },
  'zip-prefix': {
    id: 'zip-unsupported-feature',
    severity: 'error',
    text: 'Bytes stand before the first member, as in a self-extracting zip: YARN before Hadoop 3.4 finds nothing in it.',
    fix: PACK_AGAIN,
    fails: (unpacker) => onYarn(unpacker) && unpacker.generation < 3,
  },
  'zip-gaps': {
    id: 'zip-unsupported-feature',
    severity: 'error',
    text: 'Between members lie bytes that belong to none: YARN reads from the beginning and stops there.',
    fix: PACK_AGAIN,
    fails: onYarn,
  },
  'zip-bzip2': {
    id: 'zip-unsupported-feature',
    severity: 'error',
    text: 'Members are compressed with bzip2, which Hadoop 3.3.4 and older cannot read.',
    fix: 'Zip with deflate, the default.',
    fails: firstGeneration,
  },
  'zip-method': {
    id: 'zip-unsupported-feature',
    severity: 'error',
    text: 'Members are compressed with a method Hadoop cannot read.',
    fix: 'Zip with deflate, the default.',
    fails: everywhere,
  },
  'zip-encrypted': {
    id: 'zip-unsupported-feature',
    severity: 'error',
    text: 'Members are encrypted.',
    fix: 'Zip without a password.',
    fails: everywhere,
  },
  'zip-disagrees': {
    id: 'archive-content-mismatch',
    severity: 'error',
    text: 'Local headers and the central directory name different members: YARN reads the first, Spark the second.',
    fix: PACK_AGAIN,
    fails: everywhere,
  },
  'editable-package': {
    id: 'editable-package',
    severity: 'error',
    text: 'Editable installs point to folders that only the build host has.',
    fix: 'Build a wheel and install that instead of `pip install -e`.',
    fails: everywhere,
  },
  'dead-shebang': {
    id: 'prefix-hardcoded',
    severity: 'warning',
    text: "Scripts in `bin/` name the build host's interpreter, so starting them fails.",
    fix: 'Start tools with `python -m`, or pack with `conda-ferry pack`, which rewrites them.',
    fails: everywhere,
  },
  placeholder: {
    id: 'prefix-hardcoded',
    severity: 'warning',
    text: 'Scripts still have the placeholder of the package build in them.',
    fix: 'Create the environment with conda and pack that.',
    fails: everywhere,
  },
  'start-up': {
    id: 'prefix-at-start-up',
    severity: 'warning',
    text: 'What Python runs when it starts (`import` lines of a .pth, sitecustomize) names the place the environment was built at.',
    fix: 'Let it find its place from `sys.prefix`, or run `bin/conda-unpack` where it is unpacked.',
    fails: everywhere,
  },
  'run-path': {
    id: 'run-path',
    severity: 'warning',
    text: 'Libraries are looked for where the environment was built (RPATH), and the text has no room for `$ORIGIN`.',
    fix: "Link them with `-Wl,-rpath,'$ORIGIN/../lib'`, or set LD_LIBRARY_PATH.",
    fails: everywhere,
  },
  'kept-prefix': {
    id: 'prefix-in-data',
    severity: 'warning',
    text: 'Data files hold the path of the build in a form that cannot be rewritten.',
    fix: 'Make them again where the environment is unpacked, if anything reads the path.',
    fails: everywhere,
  },
  'stale-bytecode': {
    id: 'stale-bytecode',
    severity: 'warning',
    text: 'Compiled Python is tied to times its sources will not have when unpacked: it is compiled again in every worker.',
    fix: PACK_AGAIN,
    fails: everywhere,
  },
  unreadable: {
    id: 'staged-unreadable',
    severity: 'warning',
    text: 'Only its owner can read the archive; on a shared file system others cannot use it.',
    fix: '`chmod 0644` it.',
    fails: everywhere,
  },
  'slow-localisation': {
    id: 'slow-localisation',
    severity: 'warning',
    text: 'So many files take minutes to unpack on a NodeManager without native Hadoop libraries (about 5 ms each).',
    fix: 'Leave out packages that executors do not need, or install native Hadoop libraries on the nodes.',
    fails: onYarn,
  },
};
