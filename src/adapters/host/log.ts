import { type Logger, pino } from 'pino';

/** Structured logging: `log.info({ buildId }, 'build started')`, `log.info('a line')`. */
export type Log = Logger;

/**
 * JSON lines on standard error, or appended to `file` (null: standard error). Every line is
 * redacted as a whole, whatever field a secret is in. Writing is synchronous: the last words before
 * a crash are the ones that matter.
 */
export function createLog(
  options: { level: string; file: string | null },
  secrets: readonly string[] = [],
): Log {
  const redact = createRedactor(secrets);
  return pino(
    {
      level: options.level,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: pino.stdSerializers.err, error: pino.stdSerializers.err },
      hooks: { streamWrite: redact },
    },
    pino.destination({ dest: options.file ?? 2, sync: true, mkdir: true, mode: 0o640 }),
  );
}

/**
 * What secrets look like. A replacement never touches a quote or a backslash, so that a redacted
 * line of JSON is still one.
 */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  // RFC 7468 and OpenSSH keys, in one text or with escaped line ends; also one that is cut short.
  [
    /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----(?:(?:[A-Za-z0-9+/=:,\s]|\\[nr]|-(?!----))*-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----|(?:[A-Za-z0-9+/=]{16,}|\s|\\[nr])*)/g,
    '«private key»',
  ],
  // A line of nothing but base64 is the inside of a key that is logged line by line.
  [/^(?=[^A-Z]*[A-Z])(?=[^a-z]*[a-z])[A-Za-z0-9+/]{60,76}={0,2}$/gm, '«private key»'],
  // Slack: xoxb-, xoxp-, xoxe.xoxb-, xapp-, xwfp-; and addresses that whoever knows them may post to.
  [/\b(?:xox[a-z](?:\.xox[a-z])?|xapp|xwfp)-[A-Za-z0-9-]{8,}/g, '«token»'],
  [
    /(hooks\.slack(?:-gov)?\.com\/(?:services|commands|actions|workflows|triggers)\/)[^\s"'\\<>]+/g,
    '$1«token»',
  ],
  // AWS access key ids (IAM identifiers reference) and what is assigned to the secret key.
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, '«token»'],
  // GitHub, GitLab, PyPI, Hugging Face, JSON Web Tokens.
  [/\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,})/g, '«token»'],
  [/\b(?:pypi-[\w-]{16,}|hf_[A-Za-z0-9]{16,})/g, '«token»'],
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}/g, '«token»'],
  [/\b(Bearer|Basic)(\s+)[A-Za-z0-9+/_.~-]{8,}=*/gi, '$1$2«token»'],
  // Credentials in addresses; a lone user is none in `ssh://git@host`.
  [/\b([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/:@"'\\<>]*:[^\s/"'\\<>]+@/gi, '$1«credentials»@'],
  [/\b(https?:\/\/)[^\s/:@"'\\<>]+@/gi, '$1«credentials»@'],
  // Anaconda.org's private channels: https://conda.anaconda.org/t/<token>/channel.
  [/\/t\/[A-Za-z0-9][A-Za-z0-9_-]{7,}(?=\/)/g, '/t/«token»'],
  // name=value and "name": "value".
  [
    /\b((?:\w*[_-])?(?:password|passwd|secret|secret[_-]?(?:access[_-]?)?key|api[_-]?key|private[_-]?key)(?:\\?["'])?\s*[=:]\s*(?:\\?["'])?)(?!«)[^\s"'\\,;&«]{4,}/gi,
    '$1«secret»',
  ],
  [/\b((?:\w*[_-])?token(?:\\?["'])?\s*=\s*(?:\\?["'])?)(?!«)[^\s"'\\,;&«]{4,}/gi, '$1«secret»'],
];

/** Shorter values would take ordinary words out of every line. */
const SHORTEST_SECRET = 4;

/** Returns the way to take secrets out of any text: the given values, and all that look like one. */
export function createRedactor(secrets: readonly string[]): (text: string) => string {
  // A value may stand in JSON or in an address, where some characters are written differently.
  const forms = secrets
    .filter((secret) => secret.length >= SHORTEST_SECRET)
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]);
  // The longest first: a secret may be the beginning of another.
  const values = [...new Set(forms)].sort((left, right) => right.length - left.length);
  return (text) => {
    let redacted = text;
    for (const value of values) redacted = redacted.replaceAll(value, '«secret»');
    // What one pattern took out may join what stood around it into something another one knows.
    for (let before = ''; before !== redacted; ) {
      before = redacted;
      for (const [pattern, replacement] of PATTERNS) {
        redacted = redacted.replace(pattern, replacement);
      }
    }
    return redacted;
  };
}

/** `createRedactor` for a single text. */
export function redact(text: string, secrets: readonly string[] = []): string {
  return createRedactor(secrets)(text);
}
