import { hasCall } from './calls.ts';
import { type Clue, isRaised, type Place } from './clue.ts';

/** Who ended the worker when it did not crash by itself. */
const ENDED_FROM_OUTSIDE =
  /Exit(?:ed| status| code)?:? ?(?:code )?(?:is )?137|exit code (?:137|143)|OOMKilled|oom-kill|beyond (?:the )?'?(?:physical|virtual)|exceeding (?:physical )?memory|running beyond|MemoryError|OutOfMemoryError|cannot allocate memory|RECEIVED SIGNAL TERM|(?:Task|Stage|Job) ?[\d.]* (?:was )?(?:cancelled|killed)|TaskKilled|SystemExit|sys\.exit|Preempted|preempted/i;

const endedFromOutside = ({ followedBy, precededBy, message }: Place): boolean =>
  ENDED_FROM_OUTSIDE.test(message) ||
  precededBy(ENDED_FROM_OUTSIDE, 25) ||
  followedBy(ENDED_FROM_OUTSIDE, 60);

/** Folders of secrets and settings that people read on purpose. */
const NO_CACHE =
  '(?!ssh|aws|netrc|kube|git|bash|profile|pgpass|my\\.cnf|docker|snowflake|spark|ivy2|m2|hadoop|hive|credentials|secrets?|env\\b|databrickscfg|Trash)';
/** A hidden folder in a home, or where a home would be; folders of data that packages fetch. */
const CACHE = `(?:(?:/nonexistent|/home(?:/[\\w.@-]+)?|/root|/var/lib/[\\w-]+|/Users/[\\w.-]+)?/(?:\\.${NO_CACHE}[a-z][\\w.-]*|nltk_data|scikit_learn_data|tensorflow_datasets|pythainlp-data|seaborn-data|stanza_resources|cache_pretrained|gensim-data)|/[^'"]{0,200}/\\.(?:cache|config/matplotlib|keras|numba|matplotlib|astropy|theano|torch|huggingface))`;

/** What the processes on the nodes run into. */
export const WORKER_CLUES: readonly Clue[] = [
  {
    id: 'python-worker-crash',
    needle: 'Python worker exited unexpectedly',
    pattern:
      /Python worker (?:exited unexpectedly \(crashed\)): Fatal Python error: (Segmentation fault|Aborted|Bus error|Floating point exception|Illegal instruction)/,
    confidence: 0.95,
  },
  {
    id: 'python-worker-crash',
    needle: 'Fatal Python error',
    pattern: /^Fatal Python error: (Segmentation fault|Aborted|Bus error|Floating point exception)/,
    confidence: 0.9,
  },
  {
    id: 'python-worker-crash',
    needle: 'Python worker exited unexpectedly',
    pattern: /Python worker exited unexpectedly(?: \(crashed\))?/,
    confidence: 0.7,
    accept: (place) => !endedFromOutside(place),
  },
  {
    id: 'python-worker-crash',
    needle: 'ython worker',
    pattern:
      /[Pp]ython worker (?:process )?(?:has )?(?:crashed|died|terminated|was killed by|exited with|killed by) .{0,40}(?:signal \d+|SIG(?:SEGV|ABRT|BUS|ILL|FPE)|(?:exit )?code:? (?:-?(?:6|7|8|11)|13[24569])\b)/,
    confidence: 0.85,
    accept: (place) => !endedFromOutside(place),
  },
  {
    id: 'python-worker-no-connect',
    needle: 'connect back',
    pattern: /[Pp]ython worker (?:failed|did not|was unable|unable|could not) .{0,10}connect back/,
    confidence: 0.8,
  },
  {
    id: 'python-worker-no-connect',
    needle: 'connect back',
    pattern:
      /(?:Timed out|timed out|Timeout) (?:while )?waiting for .{0,20}[Pp]ython worker.{0,20}connect/,
    confidence: 0.8,
  },
  {
    id: 'python-worker-no-connect',
    needle: 'Accept timed out',
    pattern: /SocketTimeoutException: Accept timed out/,
    confidence: 0.75,
    accept: ({ followedBy }) => followedBy(/PythonWorkerFactory\.create/, 15),
  },
  {
    id: 'python-worker-no-connect',
    needle: 'pyspark.daemon',
    pattern: /(?:Bad data|No port number) in pyspark\.daemon's st(?:andard output|dout)/,
    confidence: 0.7,
  },
  {
    id: 'python-worker-no-connect',
    needle: ['could not open socket', 'Connection refused', 'timed out'],
    pattern:
      /^(?:Exception: could not open socket|ConnectionRefusedError: |(?:socket\.timeout|TimeoutError): |.{0,40}\[CANNOT_OPEN_SOCKET\])/,
    confidence: 0.75,
    accept: (place) =>
      hasCall(place, /local_connect_and_auth/) &&
      hasCall(place, /pyspark\/(?:worker|daemon)\.py in /) &&
      !hasCall(place, / in (?:process|load_stream|dump_stream)$/),
  },
  {
    id: 'hash-seed-missing',
    needle: ['PYTHONHASHSEED', 'Randomness of hash', 'PYTHON_HASH_SEED'],
    pattern:
      /Randomness of hash of string should be disabled via PYTHONHASHSEED|PYTHON_HASH_SEED_NOT_SET/,
    confidence: 0.97,
  },
  {
    id: 'locale-ascii',
    needle: 'ASCII as encoding for the environment',
    pattern: /Python (?:3 )?was configured to use ASCII as encoding for the environment/,
    confidence: 0.97,
  },
  {
    id: 'locale-ascii',
    needle: 'codec can',
    // Python 2 shows `u'…'` and bytes of `str`: there it is the program's own doing.
    pattern:
      /^UnicodeEncodeError: 'ascii' codec can't encode characters? (?!u'|u")|^UnicodeDecodeError: 'ascii' codec can't decode byte /,
    confidence: 0.85,
    accept: (place) => {
      const frame = place.traceback?.frames.at(-1);
      if (frame === undefined) return false;
      if (
        /(?:de|en)code\(\s*\)?['"]?ascii|encoding\s*=\s*['"](?:us-)?ascii|ascii\(/i.test(frame.code)
      )
        return false;
      if (place.message.startsWith('UnicodeDecodeError'))
        return /encodings\/ascii\.py/.test(frame.file);
      // `.encode()` is UTF-8 in Python 3: in Python 2 it is the program's.
      return !/python2\.|\.encode\(\s*\)|str\(|unicode\(/.test(`${frame.file} ${frame.code}`);
    },
  },
  {
    id: 'locale-ascii',
    needle: 'unmappable characters',
    pattern: /InvalidPathException: Malformed input or input contains unmappable characters/,
    confidence: 0.85,
  },
  {
    id: 'locale-ascii',
    needle: ['ANSI_X3.4-1968', 'unsupported locale setting'],
    pattern:
      /(?:Error|error|encoding).{0,120}ANSI_X3\.4-1968|^locale\.Error: unsupported locale setting/,
    confidence: 0.8,
    accept: ({ message, traceback }) =>
      message.includes('ANSI') ||
      /setlocale\([^,()]*(?:,\s*(?:''|"")\s*)?\)|setlocale\(category, locale\)|getdefaultlocale/.test(
        (traceback?.frames ?? []).map(({ code }) => code).join('\n'),
      ),
  },
  {
    id: 'ca-bundle-missing',
    needle: ['CERTIFICATE_VERIFY_FAILED', 'certificate verify failed'],
    pattern:
      /certificate verify failed: (?:unable to get (?:local )?issuer certificate|self[- ]signed certificate(?: in certificate chain)?|unable to verify the first certificate)/,
    confidence: 0.93,
    accept: ({ message }) => !/PKIX|SSLHandshakeException/.test(message),
  },
  {
    id: 'ca-bundle-missing',
    needle: ['CERTIFICATE_VERIFY_FAILED', 'certificate verify failed'],
    // Python before 3.7 gives no reason.
    pattern:
      /\[SSL: CERTIFICATE_VERIFY_FAILED\] certificate verify failed \(_ssl|"?certificate verify failed"?\)\]/,
    confidence: 0.85,
  },
  {
    id: 'ca-bundle-missing',
    needle: [
      'CA certificate',
      'verify locations',
      'CA cert',
      'cacert',
      'ca-bundle',
      'ca-certificates',
      'not OK',
    ],
    pattern:
      /Could not find a suitable TLS CA certificate bundle, invalid path: (\S+)|error setting certificate verify locations|Problem with the SSL CA cert \(path\? access rights\?\)|SSL peer certificate or SSH remote key was not OK|^(?:FileNotFoundError|OSError|IOError): .{0,80}'?([^'\s]*(?:cacert\.pem|ca-bundle\.crt|ca-certificates\.crt|cert\.pem)[^'\s]*)/,
    confidence: 0.9,
  },

  // Folders to write into.
  {
    id: 'cache-not-writable',
    needle: 'no locator available',
    pattern: /cannot cache function .{1,200}: no locator available for file '?([^']*)/,
    confidence: 0.93,
  },
  {
    id: 'cache-not-writable',
    needle: ['[Errno 13]', '[Errno 30]', '[Errno 2]'],
    pattern: new RegExp(
      `(?:^|\\s)(?:[\\w.]*(?:PermissionError|OSError|FileNotFoundError|IOError|EnvironmentError)): \\[Errno (?:13|30|2)\\] [\\w -]+: b?u?['"](${CACHE}(?:/[^'"]*)?)['"]`,
    ),
    confidence: 0.88,
    accept: (place) =>
      (isRaised(place) || place.message.startsWith('Could not install packages')) &&
      !/Python-Eggs|python-eggs/.test(place.message) &&
      (!place.message.includes('[Errno 2]') || /nonexistent/.test(place.message)) &&
      !/site-packages\//.test(place.match[1] ?? ''),
  },
  {
    id: 'cache-not-writable',
    needle: ['[Errno 30]', '[Errno 13]'],
    // A home that is none, or a cache inside the environment that nobody may write.
    pattern:
      /^(?:PermissionError|OSError): \[Errno (?:13|30)\] [\w -]+: '((?:\/nonexistent|\/home|\/root|\/)|[^']{0,300}(?:site-packages\/[^']{0,300}(?:__pycache__|\.cache|\/cache)|\/matplotlib|\/fontconfig|\/numba)[^']{0,300})'/,
    confidence: 0.82,
    accept: isRaised,
  },
  {
    id: 'cache-not-writable',
    needle: 'requires access to a writable cache directory',
    pattern: /Matplotlib requires access to a writable cache directory/,
    confidence: 0.95,
  },
  {
    id: 'cache-not-writable',
    needle: 'Permission denied',
    pattern: new RegExp(`PermissionDeniedError: (?:.{0,60} )?(${CACHE}\\S*); Permission denied`),
    confidence: 0.85,
  },
  {
    id: 'cache-not-writable',
    needle: 'determine home directory',
    pattern: /^RuntimeError: (?:Could not|Can't) determine home directory/,
    confidence: 0.85,
    accept: isRaised,
  },
  {
    id: 'cache-not-writable',
    needle: ['NUMBA_CACHE_DIR', 'TRANSFORMERS_CACHE', 'HF_HOME', 'XDG_CACHE_HOME', 'MPLCONFIGDIR'],
    pattern:
      /^(?:[\w.]*(?:Error|Exception)): .{0,300}(?:NUMBA_CACHE_DIR|TRANSFORMERS_CACHE|HF_HOME|XDG_CACHE_HOME|MPLCONFIGDIR)/,
    confidence: 0.8,
    accept: ({ message }) => !/temporary cache directory at|There was a problem when/.test(message),
  },
];
