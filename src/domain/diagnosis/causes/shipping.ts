import type { FailureId } from '../finding.ts';
import { AGAIN, AS_TAR_GZ, type FailureCause, line, rebuild } from './cause.ts';

/** What goes wrong before a Python can be started leaves no interpreter behind. */
const BROKEN_ARCHIVE: readonly FailureId[] = [
  'archive-missing',
  'archive-not-unpacked',
  'archive-content-mismatch',
  'archive-overwritten',
  'zip-data-descriptor',
  'zip-unsupported-feature',
  'zip-symlink-hang',
  'plain-tar-off-yarn',
  'staged-unreadable',
  'no-space',
];

/** The archive on its way, and the interpreter in it. */
export const SHIPPING_CAUSES: readonly FailureCause[] = [
  {
    id: 'exec-bit-lost',
    title: 'The interpreter lost its executable bit',
    cause:
      '{subject} was unpacked without the right to execute. Spark unpacks archives itself on every manager but YARN, and with Hadoop client classes before 3.4 it drops the modes of a .zip (HADOOP-18145); it always drops those of a .jar or a plain .tar.',
    fix: 'Ship the environment as .tar.gz, which keeps its modes with every manager and version.',
    command: rebuild(AS_TAR_GZ),
    mend: AS_TAR_GZ,
    explainedBy: ['plain-tar-off-yarn', 'noexec-mount'],
  },
  {
    id: 'interpreter-not-found',
    title: 'The interpreter is not where the line says',
    cause:
      '{subject} does not exist where it was started. The alias after `#` or the folder in the archive differs from PYSPARK_PYTHON, a relative path was used on the edge itself, or PYSPARK_DRIVER_PYTHON was left set in cluster mode.',
    fix: 'Use {line} as it is given, alias and PYSPARK_PYTHON together; in the global layout run it in the staging root.',
    command: line,
    explainedBy: [
      ...BROKEN_ARCHIVE,
      'spark-home-missing',
      'connect-server-without-python',
      'noexec-mount',
    ],
  },
  {
    id: 'archive-missing',
    title: 'The archive is not there',
    cause: 'Spark was told to ship {subject}, and there is no such file.',
    fix: 'Stage the environment again and use {line}.',
    command: line,
    explainedBy: ['archive-scheme-unsupported', 'upload-path-missing', 'livy-local-path'],
  },
  {
    id: 'archive-not-unpacked',
    title: 'The archive was copied but not unpacked',
    cause:
      'The alias is a file, not a folder: Hadoop and Spark unpack .zip, .jar, .tar.gz, .tgz and .tar only and copy everything else (.tar.bz2, .tar.xz, .tar.zst, no suffix) as it is. Seen: {subject}.',
    fix: 'Ship the environment as .tar.gz.',
    command: rebuild(AS_TAR_GZ),
    mend: AS_TAR_GZ,
    explainedBy: ['archive-content-mismatch', 'archive-missing'],
  },
  {
    id: 'archive-content-mismatch',
    title: 'The archive is not what its name says',
    cause:
      'The suffix chooses the unpacker, and the bytes are of another format or cut short: a renamed file, or a transfer that broke.',
    fix: 'Stage the environment again: a staged archive is verified by its sha256.',
    command: rebuild(AGAIN),
    mend: AGAIN,
    explainedBy: ['no-space', 'zip-data-descriptor', 'zip-unsupported-feature'],
  },
  {
    id: 'zip-symlink-hang',
    title: 'The interpreter in the zip is a link stored as text',
    cause:
      "The archive was made with `zip -y`: `bin/python` became a text file, which the system runs as a shell script. The node's own Python starts without its arguments and waits for ever.",
    fix: 'Ship an archive without links: our .zip has none, and a .tar.gz keeps them as links.',
    command: rebuild(AS_TAR_GZ),
    mend: AS_TAR_GZ,
    explainedBy: [],
  },
  {
    id: 'zip-data-descriptor',
    title: 'The zip hides its sizes from the unpacker',
    cause:
      'YARN reads a zip as a stream and cannot skip a stored entry whose size only follows in a data descriptor: the packer wrote to a pipe.',
    fix: 'Ship an archive that Conda Ferry packed, or a .tar.gz.',
    command: rebuild(AS_TAR_GZ),
    mend: AS_TAR_GZ,
    explainedBy: [],
  },
  {
    id: 'zip-unsupported-feature',
    title: 'The zip uses a feature the unpacker does not have',
    cause:
      'The archive holds entries that Hadoop cannot read: a method other than deflate, zip64 sizes in a descriptor, encryption, or bytes before the first entry.',
    fix: 'Ship an archive that Conda Ferry packed, or a .tar.gz.',
    command: rebuild(AS_TAR_GZ),
    mend: AS_TAR_GZ,
    explainedBy: ['zip-data-descriptor'],
  },
  {
    id: 'plain-tar-off-yarn',
    title: 'A plain .tar breaks off YARN',
    cause:
      "Spark unpacks a plain .tar with Java code that refuses `./` and absolute links and resolves relative links against the archive's root.",
    fix: 'Ship the environment as .tar.gz.',
    command: rebuild(AS_TAR_GZ),
    mend: AS_TAR_GZ,
    explainedBy: [],
  },
  {
    id: 'archive-overwritten',
    title: 'The archive changed while jobs used its name',
    cause:
      'Spark remembers size and time of {subject} when a job starts, and the file was overwritten in place, or two archives share one name.',
    fix: 'Use a staged archive: its name holds its sha256 and never changes.',
    command: line,
    explainedBy: [],
  },
  {
    id: 'staged-unreadable',
    title: 'Other users may not read what was staged',
    cause:
      '{subject} is there, but the user who runs the job may not read it: packers such as conda-pack write their output for its owner alone (0600).',
    fix: 'Stage the environment again: archives are published 0644 under folders of 0755.',
    command: rebuild(AGAIN),
    mend: AGAIN,
    explainedBy: ['hdfs-home-missing', 'noexec-mount'],
  },
];
