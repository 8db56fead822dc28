/** What stands where a secret was. */
export const MARK = '«secret»';

type Row = readonly [pattern: RegExp, replacement: string];

/**
 * What is a secret by its own shape, wherever it stands. Here and below a replacement never touches
 * a quote or a backslash, so that a line of JSON is still one.
 */
const SHAPES: readonly Row[] = [
  // RFC 7468 and OpenSSH keys, in one text or with escaped line ends; also one that is cut short.
  [
    /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----(?:(?:[A-Za-z0-9+/=:,\s]|\\[nr]|-(?!----))*-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----|(?:[A-Za-z0-9+/=]{16,}|\s|\\[nr])*)/g,
    MARK,
  ],
  // Slack: xoxb-, xoxp-, xoxe.xoxb-, xapp-, xwfp-; and addresses that whoever knows them may post to.
  [/\b(?:xox[a-z](?:\.xox[a-z])?|xapp|xwfp)-[A-Za-z0-9-]{8,}/g, MARK],
  [
    /(hooks\.slack(?:-gov)?\.com\/(?:services|commands|actions|workflows|triggers)\/)[^\s"'\\<>]+/g,
    `$1${MARK}`,
  ],
  // AWS access key ids (IAM identifiers reference) and what is assigned to the secret key.
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, MARK],
  // GitHub, GitLab, PyPI, Hugging Face, JSON Web Tokens.
  [/\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,})/g, MARK],
  [/\b(?:pypi-[\w-]{16,}|hf_[A-Za-z0-9]{16,})/g, MARK],
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}/g, MARK],
  // Credentials in addresses; a lone user is none in `ssh://git@host`.
  [/\b([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/:@"'\\<>]*:[^\s/"'\\<>]+@/gi, `$1${MARK}@`],
  [/\b(https?:\/\/)[^\s/:@"'\\<>]+@/gi, `$1${MARK}@`],
  // Anaconda.org's private channels: https://conda.anaconda.org/t/<token>/channel.
  [/\/t\/[A-Za-z0-9][A-Za-z0-9_-]{7,}(?=\/)/g, `/t/${MARK}`],
  [/\b(Bearer|Basic)(\s+)[A-Za-z0-9+/_.~-]{12,}=*/g, `$1$2${MARK}`],
];

/**
 * What is one by the name before it. In answers it may be what somebody typed to be in a line:
 * `--conf spark.hadoop.fs.s3a.secret.key=…`.
 */
const NAMED: readonly Row[] = [
  [/\b(Bearer|Basic)(\s+)[A-Za-z0-9+/_.~-]{8,}=*/gi, `$1$2${MARK}`],
  // name=value and "name": "value".
  [
    /\b((?:\w*[_-])?(?:password|passwd|secret|secret[_-]?(?:access[_-]?)?key|api[_-]?key|private[_-]?key)(?:\\?["'])?\s*[=:]\s*(?:\\?["'])?)(?!«)[^\s"'\\,;&«]{4,}/gi,
    `$1${MARK}`,
  ],
  [/\b((?:\w*[_-])?token(?:\\?["'])?\s*=\s*(?:\\?["'])?)(?!«)[^\s"'\\,;&«]{4,}/gi, `$1${MARK}`],
];

/** What only a log has, where a key comes line by line. */
const LINES: readonly Row[] = [
  // A line of nothing but base64 is the inside of a key that is logged line by line.
  [/^(?=[^A-Z\r\n]{0,75}[A-Z])(?=[^a-z\r\n]{0,75}[a-z])[A-Za-z0-9+/]{60,76}={0,2}$/gm, MARK],
];

/**
 * What Spark prints of its settings: the names of its own `spark.redaction.regex`, with dots. What stands
 * before one of these words stays as it is.
 */
const SETTINGS: readonly Row[] = [
  [
    /((?:secret|password|passwd|token|access[._-]?key(?:[._-]?id)?|api[._-]?key|account\.key|credentials?)[\w.-]{0,60}["']?\s*[=:]\s*)(?:"[^"]*"|'[^']*'|[^\s,;&"']+)/gi,
    `$1${MARK}`,
  ],
  [/\b(authorization["']?\s*[:=]\s*["']?)\w+\s+\S+/gi, `$1${MARK}`],
];

/** Text of answers, of logs, and quoted from what Spark printed. */
const ROWS = {
  answer: SHAPES,
  log: [...SHAPES, ...NAMED, ...LINES],
  quote: [...SETTINGS, ...SHAPES, ...NAMED],
} satisfies Record<string, readonly Row[]>;

/** Whether a text, such as an address that locks and manifests will hold, has a secret in it. */
export const holdsSecret = (text: string): boolean => withoutSecrets(text, 'answer') !== text;

/** Takes out all that looks like a secret, as it has to be where the text will stand. */
export function withoutSecrets(text: string, place: keyof typeof ROWS): string {
  let kept = text;
  // What one pattern took out may join what stood around it into something another one knows.
  for (let before = ''; before !== kept; ) {
    before = kept;
    for (const [pattern, replacement] of ROWS[place]) kept = kept.replace(pattern, replacement);
  }
  return kept;
}
