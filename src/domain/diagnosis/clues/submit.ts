import { isShipped } from './archive.ts';
import type { Clue } from './clue.ts';

/** Settings that say which Python a job gets and what travels with it. */
const SHIPS =
  /^spark\.(?!sql\.)(?:archives|files|jars|yarn|kubernetes|submit|pyspark|executorEnv|driverEnv|executor|driver|dynamicAllocation|master|app|cores|python|kryo|serializer|hadoop|plugins|rpc|memory)/;
const CONNECT = /SparkConnect|spark[.-]connect|sql\/connect\/|\bsc:\/\/|--remote\b/;

/** What was asked of Spark, Livy or Hadoop before any Python ran. */
export const SUBMIT_CLUES: readonly Clue[] = [
  {
    id: 'upload-path-missing',
    needle: 'spark.kubernetes.file.upload.path',
    pattern:
      /(?:Please specify|must be (?:set|specified)|missing|not set).{0,40}spark\.kubernetes\.file\.upload\.path|spark\.kubernetes\.file\.upload\.path.{0,40}(?:must be|is not|not set|missing|required)/,
    confidence: 0.97,
  },
  {
    id: 'upload-path-missing',
    needle: 'application dependencies in the local file system',
    pattern:
      /does not (?:yet )?support referencing application dependencies in the local file system/,
    confidence: 0.93,
  },
  {
    id: 'standalone-cluster-python',
    needle: 'Cluster deploy mode is',
    pattern:
      /Cluster deploy mode is (?:currently )?not supported for [Pp]ython applications(?: on [Ss]tandalone clusters)?/,
    confidence: 0.97,
  },
  {
    id: 'archive-scheme-unsupported',
    needle: 'FileSystem for scheme',
    pattern: /No FileSystem for scheme:? "?([a-z][\w+.-]*)/,
    confidence: 0.92,
    accept: isShipped,
  },
  {
    id: 'archive-scheme-unsupported',
    needle: ['FileSystem not found', 'AzureBlobFileSystem', 'GoogleHadoopFileSystem'],
    pattern: /ClassNotFoundException: (?:Class )?([\w.]+FileSystem\w*) ?(?:not found)?/,
    confidence: 0.9,
    accept: isShipped,
  },
  {
    id: 'archive-scheme-unsupported',
    needle: ['HttpFileSystem', 'HttpsFileSystem'],
    pattern: /(?:UnsupportedOperationException|IOException).{0,200}(Https?FileSystem)/,
    confidence: 0.9,
  },
  {
    id: 'archive-scheme-unsupported',
    needle: [
      'unknown protocol',
      'nsupported scheme',
      'nsupported URI scheme',
      'nsupported archive',
    ],
    pattern:
      /(?:MalformedURLException: unknown protocol: |[Uu]nsupported (?:URI )?scheme:? '?|[Uu]nsupported archive (?:scheme|URI):? '?)([a-z][\w+.-]*)/,
    confidence: 0.88,
    accept: isShipped,
  },
  {
    id: 'archive-scheme-unsupported',
    needle: 'Wrong FS: ',
    pattern:
      /Wrong FS: ([a-z][\w+.-]{0,30}:\/\/(?=\S+?\.(?:zip|tar\.gz|tgz|tar|jar))\S+), expected:/,
    confidence: 0.88,
    accept: isShipped,
  },
  {
    id: 'livy-local-path',
    needle: 'cannot be added to user sessions',
    pattern: /Local path (\S+) cannot be added to user sessions/,
    confidence: 0.97,
  },
  {
    id: 'livy-local-path',
    needle: 'local-dir-whitelist',
    pattern:
      /(?:not (?:in|allowed|listed)|add it to|whitelisted).{0,60}livy\.file\.local-dir-whitelist/,
    confidence: 0.85,
  },
  {
    id: 'config-too-late',
    needle: ['CANNOT_MODIFY_CONFIG', 'Cannot modify the value of', 'CANNOT_MODIFY_STATIC_CONFIG'],
    pattern:
      /Cannot modify the value of (?:the |a )?(?:static |Spark )?(?:config|configuration)?:? ?"?`?(spark\.[\w.]+)/,
    confidence: 0.95,
    accept: ({ match }) => SHIPS.test(match[1] ?? ''),
  },
  {
    id: 'config-too-late',
    needle: 'session has already been started',
    pattern:
      /A session has already been started\. If you intend to recreate the session with new configurations/,
    confidence: 0.9,
  },
  {
    id: 'config-too-late',
    needle: 'Cannot configure',
    pattern:
      /Cannot (?:re)?configure .{0,40}(?:after|once|because).{0,60}(?:session|context|started|running)/i,
    confidence: 0.8,
  },
  {
    id: 'config-too-late',
    needle: ['Using an existing Spark', 'some configuration may not take effect'],
    pattern:
      /Using an existing Spark ?[Ss]ession; (?:the static sql configurations will not take effect|some (?:spark core )?configurations? may not take effect|only runtime SQL configurations will take effect)/,
    // Harmless in most jobs: only where the executors then have another Python than was asked for.
    confidence: 0.6,
    accept: ({ followedBy }) =>
      followedBy(
        /No module named|PYTHON_VERSION_MISMATCH|has different version|Cannot run program "\S*python/,
        400,
      ),
  },
  {
    id: 'hdfs-home-missing',
    needle: 'Permission denied: user=',
    pattern:
      /Permission denied: user=([^,\s]+), access=\w+, inode="(?:(\/)|\/user|\/user\/\1|\/user\/[^"]{0,300}\.sparkStaging[^"]{0,300})"/,
    confidence: 0.95,
    accept: (place) => place.match[2] === undefined || isShipped(place),
  },
  {
    id: 'hdfs-home-missing',
    needle: ['Home directory', 'home directory', '.sparkStaging'],
    pattern:
      /(?:Home|home) directory (?:hdfs:\S*)?\/user\/(\S+) (?:does not exist|is not writable)|Mkdirs failed to create \S*\/\.sparkStaging/,
    confidence: 0.9,
  },
  {
    id: 'connect-server-without-python',
    needle: 'No module named',
    pattern:
      /(?:python[\d.]*: |ModuleNotFoundError: |finding module specification for 'pyspark\S* \(ModuleNotFoundError: )No module named '?pyspark(?:\.daemon)?(?![\w.])/,
    confidence: 0.93,
    accept: ({ mentions, precededBy, traceback, message }) =>
      mentions(CONNECT) &&
      (traceback === null || precededBy(/[Ee]rror from python worker/, 30)) &&
      (/python[\d.]*: /.test(message) ||
        precededBy(/[Ee]rror from python worker|PYTHONPATH was/, 30)),
  },
  {
    id: 'connect-server-without-python',
    needle: 'Cannot run program',
    pattern: /Cannot run program "(python[\d.]*)"[^:]{0,200}: (?:Exec failed, )?error[=:] ?2\b/,
    confidence: 0.93,
    accept: ({ mentions }) => mentions(CONNECT),
  },
];
