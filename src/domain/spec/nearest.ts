import { closest } from '../near-names.ts';

/** Cyrillic letters that look like Latin ones. */
const LOOKALIKES: Readonly<Record<string, string>> = {
  ...{ а: 'a', е: 'e', о: 'o', р: 'p', с: 'c', у: 'y', х: 'x' },
  ...{ і: 'i', ј: 'j', ѕ: 's' },
};

/** Single repairs of what people write for a spec in other tools' words, most certain first. */
const REPAIRS: ReadonlyArray<(text: string) => string> = [
  (text) =>
    text.replace(/^([A-Za-z][\w.-]*?)-(\d+(?:\.\d+)+)(?:-[\w.]+|\.tar\.gz|\.zip)?$/, '$1==$2'),
  (text) => text.replace(/^python(\d\.\d+)/i, 'python=$1'),
  (text) => text.replace(/(?<=[[,]\s*)([a-z_]+)(?=\s*=)/gi, knownField),
  (text) => text.replace(/linux[-_]?(?:x86[-_]64|amd64|64)(?![\w-])/gi, 'linux-64'),
  (text) => text.replace(/linux[-_]?(?:aarch64|arm64)(?![\w-])/gi, 'linux-aarch64'),
  (text) => text.replace(/\s*;.*$/s, '').replace(/\s*#.*$/s, ''),
  (text) => text.normalize('NFKD').replace(/\p{Mn}/gu, ''),
  (text) => text.replace(/[\u0400-\u04ff]/g, (letter) => LOOKALIKES[letter] ?? letter),
  (text) => text.replace(/(?!\p{L})[^\x20-\x7e]+/gu, ''),
  (text) => text.replace(/[`"{}&?%]|\$\(|'(?![^[]*\])/g, ''),
  (text) => text.replace(/:[a-z0-9_+-]+:(?!:)/g, '').trim(),
  (text) =>
    text.replace(/^\S*:\/\/\S*?([^/\s:]+)\/?((?:\/(?:noarch|linux-64|linux-aarch64))?::)/, '$1$2'),
  (text) => text.replace(/^([\w.-]+)\/[^:\s]*::/, '$1::'),
  (text) => text.replace(/^:+/, ''),
  (text) => text.replace(/^(?:https?:\/\/)([a-z0-9._-]+)\/?$/i, '$1'),
  (text) => (text.includes('[') && !text.includes(']') ? `${text}]` : text),
  (text) => text.replace(/([<>!~=])\s+=/g, '$1='),
  (text) => text.replace(/=!/g, '!='),
  (text) => text.replace(/([<>=!]\s*[\w.*+]+)\s*(?=[<>]|!=)/g, '$1,'),
  (text) => text.replace(/^(?:pip|pypi|conda):+/, ''),
  (text) =>
    text
      .replace(/=\s*([<>])/g, '$1=')
      .replace(/<>/g, '!=')
      .replace(/!(?=[\d])/g, '!='),
  (text) => text.replace(/([<>=!~]=)=+/g, '$1').replace(/([<>])\1+/g, '$1'),
  (text) => text.replace(/~=\s*(\d+)(?![.\d])/g, '=$1').replace(/(~=[^,|\s]*?)\.?\*/g, '$1'),
  (text) => text.replace(/[=@:\s]*\^\s*v?(\d+)((?:\.\d+)*)\.?\*?\$?/, caret),
  (text) => text.replace(/~\s*(?=\d+\.\d)/g, '~=').replace(/~\s*(?=\d)/g, '='),
  (text) => text.replace(/^([\w.-]+)\s+v(?=\d)/, '$1='),
  (text) => text.replace(/([A-Za-z0-9_.-])\s*(?:@|:=?|\/)\s*v?(?=\d)/, '$1='),
  (text) => text.replace(/\s*::\s*/g, '::').replace(/^([\w.-]+):(?=[A-Za-z_])/, '$1::'),
  (text) => text.replace(/\s*\[[^\]=]*\]?/g, ''),
  (text) => text.replace(/\(([^()]*)\)/, ' $1').replace(/\s+/g, ' '),
  (text) => text.replace(/^([^[]*)(\[.*\])(.+)$/s, '$1$3$2'),
  (text) => text.replace(/^([^[]*?)\s*\[.*$/s, '$1'),
  (text) => text.replace(/([\d.]*\d)\.?\*[^,|=\s]+/g, '$1.*').replace(/\.?\*{2,}/g, '.*'),
  (text) => text.replace(/([\d*])\.+(?=$|[,|\s])/g, '$1').replace(/\.{2,}/g, '.'),
  (text) => text.replace(/([,|])\s*(?:[,|]\s*)+/g, '$1').replace(/[\s,|=<>!~]+$/g, ''),
  (text) => text.replace(/^[\s,|=<>!~*/.-]+/g, ''),
  (text) => text.replace(/^([\w.-]+?)[,|]+\s*(?=[<>=!~])/, '$1'),
];

/** The field that a wrong one in brackets comes nearest to. */
function knownField(key: string): string {
  const fields = ['version', 'build', 'build_number', 'channel', 'subdir', 'md5', 'sha256'];
  return fields.includes(key) ? key : (closest(key, fields) ?? key);
}

/** npm's `^1.2` in conda's words. */
function caret(_: string, major: string, minor: string): string {
  return `>=${major}${minor},<${Number(major) + 1}`;
}

/** Characters with a marker behind the spec: nobody typed more, and it would take long to repair. */
const LONGEST = 1_000;

/**
 * The nearest text that is a spec, or null. First one repair, then all of them together, and at
 * last only the name at the beginning.
 */
export function nearestSpec(text: string, isRight: (text: string) => boolean): string | null {
  if (text.length > LONGEST) return null;
  // Of a whole address nothing but a name could be left, and that by chance.
  if (/^(?:git|hg|svn|bzr)\+|^\w+:\/\/.*\.(?:whl|git|zip|gz)\b/i.test(text)) return null;
  const unmarked = text.replace(/\s*;.*$/s, '');
  const nearest = unmarked !== text && isRight(unmarked) ? unmarked : nearestOf(unmarked, isRight);
  const compact = nearest?.replace(/\s+(?=[<>=!~,|])|(?<=[<>=!~,|])\s+/g, '') ?? null;
  return compact !== null && !compact.includes('[') && isRight(compact) ? compact : nearest;
}

function nearestOf(text: string, isRight: (text: string) => boolean): string | null {
  // A version without its package is no name, though conda would take it for one.
  const isSpec = (candidate: string) => !/^[\d.*]+$/.test(candidate) && isRight(candidate);
  if (text.length > 300 || /^(?:-|@|<[@#!]|[^\s=<>!~/:[]*\*)/.test(text)) return null;
  let repaired = text;
  for (const repair of REPAIRS) {
    const single = repair(text).trim();
    if (single !== text && isSpec(single)) return single;
  }
  for (const repair of REPAIRS) {
    repaired = repair(repaired).trim();
    if (repaired !== text && isSpec(repaired)) return repaired;
  }
  const name = /[A-Za-z0-9_][A-Za-z0-9._-]*/.exec(repaired.replace(/^.*::|\[.*$/gs, ''))?.[0] ?? '';
  return name !== text && isSpec(name) ? name : null;
}
