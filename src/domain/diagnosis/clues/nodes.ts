import type { Clue } from './clue.ts';

/** Spark on the way of a result to its table or files. */
const WRITES_DATA =
  /FileFormatWriter|FileFormatDataWriter|WriteTask|SparkHadoopWriter|HadoopMapReduceCommitProtocol|FileOutputCommitter|InsertInto\w+Command|DataFrameWriter/;
const SAVES_DATA =
  /error occurred while calling o\d+\.(?:save|saveAsTable|saveAsTextFile|insertInto|parquet|orc|csv|json|text|jdbc)\b/;

/** The nodes: disks, tickets, what is installed there. */
export const NODE_CLUES: readonly Clue[] = [
  {
    id: 'no-space',
    needle: 'No space left on device',
    pattern:
      /(?:(?:Exception|Error)(?::| \().{0,300}|\[Errno 28\] |^(?:\S*\/)?(?:tar|gzip|cp|mv|mkdir|unzip|sh|bash|cat|dd|rsync|conda|mamba|micromamba|scp)(?:\[\d+\])?: .{0,400}|write (?:error|failed).{0,40}|\(28\).{0,5})No space left on device/,
    confidence: 0.93,
  },
  {
    id: 'no-space',
    needle: 'No space available in any of the local directories',
    pattern: /No space available in any of the local directories/,
    confidence: 0.95,
  },
  {
    id: 'no-space',
    needle: 'used space above threshold',
    pattern: /used space above threshold of [\d.]+%/,
    confidence: 0.93,
  },
  {
    id: 'no-space',
    needle: 'local-dirs',
    pattern: /local-dirs (?:are bad|usable space is below|have errors)/,
    confidence: 0.8,
  },
  {
    id: 'no-space',
    needle: 'uota',
    pattern:
      /(?:\[Errno 122\] |: )Disk quota exceeded|[DN]SQuotaExceededException|The DiskSpace quota of \S+ is exceeded/,
    confidence: 0.9,
    // The folder a job writes its rows to has its own quota.
    accept: ({ stackHas, precededBy, message }) =>
      !WRITES_DATA.test(message) && !stackHas(WRITES_DATA) && !precededBy(SAVES_DATA, 3),
  },
  {
    id: 'no-space',
    needle: 'ephemeral',
    pattern:
      /(?:low on resource: ephemeral-storage|ephemeral local storage usage exceeds the total limit|exceeds? its ephemeral-storage)/i,
    confidence: 0.9,
  },
  {
    id: 'no-space',
    needle: 'NoSpaceLeftError',
    pattern: /NoSpaceLeftError/,
    confidence: 0.93,
  },
  {
    id: 'libhdfs',
    needle: 'libhdfs',
    pattern:
      /(?:Unable|unable) to load libhdfs|libhdfs\.so(?:\.[\d.]+)?: cannot open shared object file/,
    confidence: 0.97,
  },
  {
    id: 'libhdfs',
    needle: 'libhdfs3',
    pattern: /Can ?not find the shared library: (libhdfs3\.so)/,
    confidence: 0.95,
  },
  {
    id: 'libhdfs',
    needle: 'libjvm',
    pattern: /Unable to load libjvm|libjvm\.so: cannot open shared object file/,
    confidence: 0.85,
    accept: ({ traceback, precededBy, followedBy, message }) =>
      /load libjvm/.test(message) ||
      traceback?.isWorker === true ||
      precededBy(/pyarrow|hdfs/i, 12) ||
      followedBy(/pyarrow|hdfs/i, 12),
  },
  {
    id: 'libhdfs',
    needle: 'CLASSPATH not set',
    pattern: /[Ee]nvironment variable CLASSPATH not set/,
    confidence: 0.9,
  },
  {
    id: 'libhdfs',
    needle: 'loadFileSystems error',
    pattern: /^loadFileSystems error:/,
    confidence: 0.85,
  },
  {
    id: 'activate-d',
    needle: 'proj.db',
    pattern:
      /(?:Cannot find proj\.db|proj\.db contains DATABASE\.LAYOUT|no database context specified.{0,80}proj\.db)/,
    confidence: 0.93,
  },
  {
    id: 'activate-d',
    needle: ['no database context specified', 'failed to load datum shift file', 'Open of '],
    pattern:
      /(?:CRSError|ProjError|PROJ): .{0,200}(?:no database context specified|failed to load datum shift file|Open of \S*share\/proj failed)/i,
    confidence: 0.9,
  },
  {
    id: 'activate-d',
    needle: 'PROJ',
    pattern:
      /^(?:pyproj\.exceptions\.DataDirError|.{0,80}DataDirError): Valid PROJ data directory not found|PROJ: .{0,60}(?:Cannot find|unable to open).{0,40}(?:proj|database)/i,
    confidence: 0.93,
  },
  {
    id: 'activate-d',
    needle: 'GDAL_DATA',
    pattern:
      /GDAL_DATA (?:is not defined|environment variable is not set)|[Tt]ry setting the GDAL_DATA environment variable|Cannot find \S+ \(GDAL_DATA/,
    confidence: 0.93,
  },
  {
    id: 'activate-d',
    needle: 'gcs.csv',
    pattern: /Unable to open EPSG support file gcs\.csv/,
    confidence: 0.95,
  },
  {
    id: 'activate-d',
    needle: ['ESMFMKFILE', 'PROJ_LIB', 'PROJ_DATA', 'GDAL_DATA'],
    pattern:
      /KeyError: '(?:ESMFMKFILE|PROJ_LIB|PROJ_DATA|GDAL_DATA)'|ESMFMKFILE environment variable is not/,
    confidence: 0.93,
  },
  {
    id: 'kerberos',
    needle: 'cannot authenticate via',
    pattern: /Client cannot authenticate via:\s?\[(?:TOKEN, ?)?KERBEROS/,
    confidence: 0.95,
    mayRecover: true,
  },
  {
    id: 'kerberos',
    needle: 'No valid credentials provided',
    pattern:
      /(?:GSSException|GSS initiate failed|SaslException).{0,120}No valid credentials provided/,
    confidence: 0.93,
    mayRecover: true,
  },
  {
    id: 'kerberos',
    needle: 'find any Kerberos tgt',
    pattern: /Failed to find any Kerberos tgt/,
    confidence: 0.93,
    mayRecover: true,
  },
  {
    id: 'kerberos',
    needle: 'DELEGATION_TOKEN',
    pattern: /InvalidToken\)?:? ?.{0,300}(?:is expired|can't be found in cache|has expired)/,
    confidence: 0.9,
    mayRecover: true,
  },
  {
    id: 'kerberos',
    needle: [
      'GSS initiate failed',
      'obtain password from user',
      'only with kerberos',
      'locate default realm',
      'contact any KDC',
      'locate KDC',
    ],
    pattern:
      /(?:SaslException|TTransportException|Peer indicated failure).{0,60}GSS initiate failed|LoginException: Unable to obtain password from user|Delegation Token can be issued only with kerberos|Cannot (?:locate default realm|contact any KDC|locate KDC)/,
    confidence: 0.9,
    mayRecover: true,
  },
  {
    id: 'kerberos',
    needle: 'icket expired',
    pattern: /\b(?:[Tt]icket expired|TGT.{0,40}expired|KRB_AP_ERR_TKT_EXPIRED)/,
    confidence: 0.85,
    mayRecover: true,
  },
  {
    id: 'kerberos',
    needle: 'kinit: ',
    pattern: /^kinit: (?:Client|Cannot|Password|Preauthentication|Keytab|Clock skew|KDC|Pre-auth)/,
    confidence: 0.85,
    mayRecover: true,
  },
  {
    id: 'kerberos',
    needle: 'SIMPLE authentication is not enabled',
    pattern: /SIMPLE authentication is not enabled\.\s+Available:\s?\[(?:TOKEN, ?)?KERBEROS/,
    confidence: 0.95,
    mayRecover: true,
  },
];
