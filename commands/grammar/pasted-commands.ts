/** Commands of conda, pip and their kin among what follows `create`, and the prompts before them. */
import type { Token } from '../../src/domain/tokens.ts';

/** Their words up to the packages; `python -m pip` is `pip`. */
const INSTALLERS = [
  /^(?:conda|mamba|micromamba)(?:\.exe)? (?:install|create|update|upgrade|add)$/i,
  /^(?:uv )?pip3?(?:\.\d+)? install$/i,
  /^(?:python|python3|py)(?:\.\d+)? -m pip install$/i,
  /^(?:pixi|poetry|uv|rye|pdm) add$/i,
];
/** What stands between two such commands and names no package. */
const IN_BETWEEN = [/^(?:conda|mamba|micromamba) (?:activate|deactivate|init)$/i];
const TOOL =
  /(?:sudo\s+)?(?:(?:conda|mamba|micromamba|pixi|poetry|rye|pdm|uv|pip3?)\s+[a-z]|(?:python3?|py)\s+-m\s+pip\s)/gi;
const PROMPT = /^(?:[$%>#!\u276f\u279c\u03bb\u00bb]+|sudo|\([\w.-]+\))$/;
const GLUED = /^[$%!>]+(?=[A-Za-z])/;
const LONGEST_PROMPT = 100;
const LONGEST_COMMAND = 4;

/** The text without our own name before it: `/conda-env`, `@Conda Ferry`, `@U0FERRY`. */
export function withoutAddress(text: string, command: string): string {
  const [first = ''] = /^\S+/.exec(text) ?? [];
  const isCommand = first.toLowerCase().replace(/^\//, '') === command.replace(/^\//, '');
  const named = /^(?:@conda[ _-]?ferry|@[A-Za-z][\w.-]*)(?:[:,]\s*|\s+|$)/i.exec(text);
  if (!isCommand && !named) return text;
  return text.slice(isCommand ? first.length : named?.[0].length).trim();
}

/**
 * The command without the prompt of a terminal or a notebook before it: `(base) ana@host:~$ `,
 * `PS C:\\> `, `In [1]: !`. Only where a command of an installer follows.
 */
export function withoutPrompt(typed: string): string {
  const line = /^[^\n]*/.exec(typed)?.[0] ?? '';
  for (const { index } of line.slice(0, 2 * LONGEST_PROMPT).matchAll(TOOL)) {
    const before = line.slice(0, index);
    if (before === '') return typed;
    if (isPrompt(before)) return typed.slice(index);
  }
  return typed;
}

function isPrompt(before: string): boolean {
  if (before.length > LONGEST_PROMPT) return false;
  // A word of letters begins a command of ours; PowerShell's and IPython's prompts have one too.
  if (/^[a-z][a-z-]*(?=\s|$)/i.test(before) && !/^(?:PS\s+\S|In\s*\[)/.test(before)) return false;
  return /(?:[$%>#!~:\u276f\u279c\u03bb\u00bb]|\([\w.-]+\))\s*$/u.test(before);
}

/**
 * The words after `create` without the words of an installer: `churn $ conda install numpy` names
 * churn and numpy. Where such a command names an environment of its own, that is left out.
 */
export function withoutInstallers(words: readonly Token[], typed: string): Token[] {
  const kept: Token[] = [];
  let isInside = false;
  let index = 0;
  for (let word = words[0]; word !== undefined; word = words[index]) {
    const isJoint = /^(?:&&|;|\|\|)$/.test(word.text) && !word.quoted;
    const isAfter = /;$/.test(words[index - 1]?.text ?? '');
    const isBegin = index <= 1 || isJoint || isAfter || /\n\s*$/.test(typed.slice(0, word.start));
    const after = isBegin ? afterCommand(words, isJoint ? index + 1 : index) : null;
    if (after !== null) {
      isInside = after.isInstaller;
      index = after.isInstaller ? after.index : endOfStatement(words, after.index, typed);
    } else if (isInside && /^(?:-n|--name|-p|--prefix)$/.test(word.text)) {
      index += 2;
    } else if (isInside && /^(?:--name|--prefix)=/.test(word.text)) {
      index += 1;
    } else {
      kept.push(word);
      index += 1;
    }
  }
  return kept;
}

/** Where a command at `from` ends and its packages begin; null where there is none. */
function afterCommand(words: readonly Token[], from: number) {
  let start = from;
  while (PROMPT.test(words[start]?.text ?? '')) start += 1;
  for (let length = 2; length <= LONGEST_COMMAND; length += 1) {
    const some = words.slice(start, start + length);
    if (some.length < length || some.some((word) => word.quoted)) return null;
    const text = some
      .map((word) => word.text)
      .join(' ')
      .replace(GLUED, '');
    const isInstaller = INSTALLERS.some((pattern) => pattern.test(text));
    if (isInstaller || IN_BETWEEN.some((pattern) => pattern.test(text))) {
      return { index: start + length, isInstaller };
    }
  }
  return null;
}

function endOfStatement(words: readonly Token[], from: number, typed: string): number {
  const at = words.findIndex(
    ({ text, start }, index) =>
      index >= from && (/^(?:&&|;|\|\|)$/.test(text) || /\n\s*$/.test(typed.slice(0, start))),
  );
  return at < 0 ? Math.max(from, words.length) : at;
}
