/**
 * Logs carry secrets: settings echoed by Spark, URLs, tokens. What is quoted back loses them. The
 * names follow Spark's own `spark.redaction.regex`.
 */
const SECRETS: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/:@"'<>]*:[^\s@/"'<>]+@/gi, '$1[secret]@'],
  [
    /([\w.-]*(?:secret|password|passwd|token|access[._-]?key(?:[._-]?id)?|api[._-]?key|account\.key|credentials?)[\w.-]{0,60}["']?\s*[=:]\s*)(?:"[^"]*"|'[^']*'|[^\s,;&"']+)/gi,
    '$1[secret]',
  ],
  [/\b(authorization["']?\s*[:=]\s*["']?)\w+\s+\S+/gi, '$1[secret]'],
  [/\b(Bearer|Basic)\s+[A-Za-z0-9+/=._~-]{8,}/g, '$1 [secret]'],
  [/\bxox[a-z]-[A-Za-z0-9-]+/g, '[secret]'],
  [/\bxapp-[A-Za-z0-9-]+/g, '[secret]'],
  [/\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g, '[secret]'],
  [/\bgh[pousr]_[A-Za-z0-9]{20,}/g, '[secret]'],
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/g, '[secret]'],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----.*/g, '[secret]'],
];

export function withoutSecrets(text: string): string {
  return SECRETS.reduce((kept, [pattern, replacement]) => kept.replace(pattern, replacement), text);
}
