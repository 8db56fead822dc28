/** What stands where a secret was. */
export const MARK = '«secret»';

type Row = readonly [pattern: RegExp, replacement: string];

/**
 * What is a secret by its own shape, wherever it stands. Here and below a replacement never touches
 * a quote or a backslash, but for whole escapes, so that a line of JSON is still one.
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
  // Signed addresses of S3 and of Azure's storage: whoever has one may read.
  [
    /([?&;](?:X-Amz-(?:Signature|Credential|Security-Token)|sig)=)(?!«)[^\s&"'\\<>;]{8,}/gi,
    `$1${MARK}`,
  ],
  // GitHub, GitLab, PyPI, Hugging Face, npm, Grafana, Databricks, Google, OpenAI, JSON Web Tokens.
  [/\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,})/g, MARK],
  [/\b(?:pypi-[\w-]{16,}|hf_[A-Za-z0-9]{16,}|npm_[A-Za-z0-9]{30,}|glsa_\w{20,})/g, MARK],
  [/\b(?:dapi[0-9a-f]{32}|AIza[\w-]{35}|sk-(?:proj-)?[A-Za-z0-9]{20,})/g, MARK],
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}/g, MARK],
  // Credentials in addresses; a lone user is none in `ssh://git@host`.
  [/\b([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/:@"'\\<>]*:[^\s/"'\\<>]+@/gi, `$1${MARK}@`],
  [/\b(https?:\/\/)[^\s/:@"'\\<>]+@/gi, `$1${MARK}@`],
  // Anaconda.org's private channels: https://conda.anaconda.org/t/<token>/channel.
  [/\/t\/[A-Za-z0-9][A-Za-z0-9_-]{7,}(?=\/)/g, `/t/${MARK}`],
  [/\b(Bearer|Basic)(\s+)[A-Za-z0-9+/_.~-]{12,}=*/g, `$1$2${MARK}`],
];

/** Names of what is secret, in settings and variables. */
const NAME =
  '(?:password|passwd|(?:secret|access|account|api|private)(?:[._-]?access)?[._-]?key(?:[._-]?id)?|secret)';

/**
 * What is one by the name before it. In answers it may be what somebody typed to be in a line:
 * `--conf spark.hadoop.fs.s3a.secret.key=…`.
 */
const NAMED: readonly Row[] = [
  [/\b(Bearer|Basic)(\s+)[A-Za-z0-9+/_.~-]{8,}=*/gi, `$1$2${MARK}`],
  [/\b(authorization(?:\\?["'])?\s*[:=]\s*(?:\\?["'])?)\w+\s+(?!«)[^\s"'\\,;]{8,}/gi, `$1${MARK}`],
  // --password VALUE, and a line of .netrc.
  [
    /(--(?:[\w-]{0,30}-)?(?:password|passwd|secret|token|api-key)\s+(?:\\?["'])?)(?![-«])[^\s"'\\]{4,}/gi,
    `$1${MARK}`,
  ],
  [/\b(login\s+\S{1,100}\s+password\s+)(?!«)[^\s"'\\]{4,}/gi, `$1${MARK}`],
  // name=value and "name": "value"; in quotes to their end. What stands before the word stays as it is.
  [
    new RegExp(`(${NAME}(?:\\\\?["'])?\\s*[=:]\\s*\\\\?")(?!«)[^"\\\\\\n]{4,300}`, 'gi'),
    `$1${MARK}`,
  ],
  [
    // The quote that ends it is the same one: a double one in between is its own, or ends a string of JSON.
    new RegExp(`(${NAME}(?:\\\\?["'])?\\s*[=:]\\s*\\\\?')(?!«)(?:[^'"\\\\\\n]|\\\\.){4,300}`, 'gi'),
    `$1${MARK}`,
  ],
  [new RegExp(`(${NAME}(?:\\\\?["'])?\\s*[=:]\\s*)(?!«)[^\\s"'\\\\,;&«]{4,}`, 'gi'), `$1${MARK}`],
  // A parser says `unexpected token: name`: a colon counts behind a quoted name, or one of two words.
  [/(token\s*=\s*(?:\\?["'])?)(?!«)[^\s"'\\,;&«]{4,}/gi, `$1${MARK}`],
  [/((?:token\\?["']|[_-]token)\s*:\s*(?:\\?["'])?)(?!«)[^\s"'\\,;&«]{4,}/gi, `$1${MARK}`],
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
