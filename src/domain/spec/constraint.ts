/** What follows the name: a version and a build. */
import { printable } from '../names.ts';
import { isConstraint } from './compare.ts';
import { Mistake, type Position } from './mistake.ts';
import { canonicalVersion } from './version.ts';

const BUILD = /^[A-Za-z0-9_.*+]{1,64}$/;
/** conda's own split of version and build (`_VERSION_BUILD_RE`). */
const VERSION_BUILD = /((?:.+?)[^><!,|]?)(?:(?<![=!|,<>~])[ =]([^-=,|<>~]+?))?$/s;

/** `text` stands at `start` of its spec. */
export function readConstraint(
  text: string,
  start: number,
): { version: string | null; build: string | null } {
  const rest = text.trim();
  if (rest === '') return { version: null, build: null };
  const from = start + text.length - text.trimStart().length;
  const position = { start: from, end: from + rest.length };
  // conda stumbles over two spaces after an operator; they mean what one means.
  const compact = rest
    .replace(/\s+/g, ' ')
    .replace(/ ?([,|]) ?/g, '$1')
    .replace(/([=<>!~]) /g, '$1');
  const [, version = compact, build = null] = VERSION_BUILD.exec(compact) ?? [];
  if (/^[A-Za-z]/.test(version)) {
    throw new Mistake(
      `\`${printable(rest)}\` after the name is not a version constraint`,
      position,
      'Two packages are two words, without quotes around both.',
    );
  }
  const typedBuild = build?.trim() ?? null;
  if (typedBuild !== null) {
    checkBuild(typedBuild, {
      start: position.end - (build?.trimStart().length ?? 0),
      end: position.end,
    });
  }
  const end = typedBuild === null ? position.end : position.end - typedBuild.length;
  const versionEnd = start + text.slice(0, end - start).replace(/[\s=]+$/, '').length;
  const place = typedBuild === null ? position : { start: from, end: versionEnd };
  return { version: readVersion(version, place), build: typedBuild };
}

/** The canonical form of one that conda and rattler read, see `canonicalVersion`. */
export function readVersion(text: string, position: Position): string {
  const version = canonicalVersion(text, position);
  if (isConstraint(version)) return version;
  throw new Mistake(
    `\`${printable(text.trim())}\` is not a version constraint conda understands`,
    position,
    'Constraints are `=3.11`, `==3.11.3`, `>=1.26,<2`, `!=2.0` or `=1.*`.',
  );
}

export function checkBuild(build: string, position: Position): void {
  if (BUILD.test(build)) return;
  throw new Mistake(
    `\`${printable(build)}\` is not a build string`,
    position,
    'Builds look like `py311_0`, or `py311*` for all that begin so.',
  );
}
