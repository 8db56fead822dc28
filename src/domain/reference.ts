/** How a revision is said: `churn`, `churn@2`, `churn:prod`, `churn:latest`. */
import {
  defaultRevision,
  type Environment,
  latestRevision,
  type Revision,
  revisionLabel,
  tagLabel,
  tagsOf,
} from './environment.ts';
import { type Repair, userError } from './errors.ts';
import { isName, nearestName, parseName, printable } from './names.ts';
import { closest } from './near-names.ts';

/** Which revision of an environment: by number, by tag, or the default one (null). */
export type Which = number | string | null;

export interface Reference {
  environment: string;
  revision: Which;
}

/** Always the newest revision; nobody can move it. */
const LATEST = 'latest';

/**
 * Reads a reference; positions count from `start`. Throws `bad-name`, `bad-revision` and `bad-tag`,
 * with what was meant as replacement where that is plain.
 */
export function parseReference(text: string, start = 0): Reference {
  const at = text.search(/[@:]/);
  const name = at < 0 ? text : text.slice(0, at);
  const environment = parseName(name, 'environment name', { start, end: start + name.length });
  const which = text.slice(at + 1);
  // `run churn:` names churn.
  if (at < 0 || (which === '' && text[at] === ':')) return { environment, revision: null };
  const place = { start, end: start + text.length };
  if (text[at] === ':') {
    if (/^\d+$/.test(which)) throw otherSign(revisionLabel(environment, Number(which)), place);
    return { environment, revision: parseTag(which, place.start + at + 1) };
  }
  if (/^[1-9]\d{0,5}$/.test(which)) return { environment, revision: Number(which) };
  if (isName(which)) throw otherSign(tagLabel(environment, which), place);
  throw userError({
    code: 'bad-revision',
    message: `\`${printable(text)}\` does not name a revision.`,
    suggestion: `Write \`${environment}@1\`, or \`${environment}\` for the default one.`,
    position: { start: place.start + at + 1, end: place.end },
  });
}

function otherSign(meant: string, place: { start: number; end: number }): Error {
  return userError({
    code: 'bad-revision',
    message: 'A number stands behind `@`, and a tag behind `:`.',
    suggestion: `Did you mean \`${meant}\`?`,
    position: place,
    replacement: { text: meant, ...place },
  });
}

/** A tag as it stands behind the colon. Throws `bad-tag`; positions count from `start`. */
export function parseTag(text: string, start = 0): string {
  if (isName(text)) return text;
  const nearest = nearestName(text);
  throw userError({
    code: 'bad-tag',
    message: `\`${printable(text)}\` cannot be a tag: use letters, digits, \`.\`, \`_\` and \`-\`, a letter first.`,
    suggestion: nearest ? `Try \`${nearest}\`.` : 'Try a tag such as `prod`.',
    position: { start, end: start + text.length },
  });
}

/** Throws `bad-tag` for one that cannot be given, because it has a meaning already. */
export function requireFreeTag(tag: string): void {
  if (tag.toLowerCase() !== LATEST) return;
  throw userError({
    code: 'bad-tag',
    message: `\`${LATEST}\` is always the newest revision; it cannot be given or taken away.`,
    suggestion: 'Choose another tag, such as `prod`.',
  });
}

/**
 * The revision that is meant. Throws `not-ready` where there is none yet, `revision-not-found` and
 * `tag-not-found` with those there are.
 */
export function revisionOf(environment: Environment, which: Which): Revision {
  const { name, revisions } = environment;
  if (revisions.length === 0) {
    throw userError({
      code: 'not-ready',
      message: `\`${name}\` has no finished build yet.`,
      suggestion: `\`status ${name}\` shows how its build is doing.`,
    });
  }
  const number = typeof which === 'string' ? numberOf(environment, which) : which;
  const revision =
    number === null
      ? defaultRevision(environment)
      : revisions.find((candidate) => candidate.number === number);
  if (revision) return revision;
  throw userError({
    code: 'revision-not-found',
    message: `\`${name}\` has no revision ${number}.`,
    suggestion: `It has ${revisions.map((known) => `\`${name}@${known.number}\``).join(', ')}.`,
  });
}

/** Throws `let-go` for a revision whose bytes are gone, with the way to have them again. */
export function requireThere(name: string, { number, letGo }: Revision): void {
  if (letGo === null) return;
  const label = revisionLabel(name, number);
  const date = new Date(letGo.at).toISOString().slice(0, 10);
  const again = restoring(label);
  throw userError({
    code: 'let-go',
    message:
      letGo.by === null
        ? `\`${label}\` was let go on ${date}, when its time was up.`
        : [`\`${label}\` was let go by `, { person: letGo.by }, ` on ${date}.`],
    suggestion: `Its lock is kept: \`${again.command}\` builds the same archive again.`,
    repairs: [again],
  });
}

/** What builds a revision that was let go again; `Rebuild` beside it takes the newest packages. */
export function restoring(label: string): Repair {
  return { label: 'Build it again (same packages)', command: `restore ${label}` };
}

/** Number of the revision with the tag. Throws `tag-not-found`. */
export function numberOf(environment: Environment, tag: string): number | null {
  if (tag === LATEST) return latestRevision(environment)?.number ?? null;
  const { name, tags } = environment;
  if (Object.hasOwn(tags, tag)) return tags[tag] ?? null;
  const near = closest(tag, Object.keys(tags));
  const known = Object.entries(tags).map(
    ([other, number]) => `\`${name}:${other}\` (\`${name}@${number}\`)`,
  );
  const those = known.length > 0 ? `It has ${known.join(', ')}.` : `It has none yet.`;
  throw userError({
    code: 'tag-not-found',
    message: `\`${name}\` has no tag \`${printable(tag)}\`.`,
    suggestion: near ? `Did you mean \`${name}:${near}\`? ${those}` : those,
  });
}

/** A reference as it is said: `churn`, `churn@2`, `churn:prod`. */
export function referenceLabel(name: string, which: Which): string {
  return typeof which === 'number' ? revisionLabel(name, which) : tagLabel(name, which);
}

/** The other names of a revision: `churn` where it is the default but not the newest, `churn:prod`. */
export function otherNames(environment: Environment, revision: number): string[] {
  const { name } = environment;
  return [
    ...(environment.defaultRevision === revision ? [name] : []),
    ...tagsOf(environment, revision).map((tag) => tagLabel(name, tag)),
  ];
}

/** What the names of an environment mean on an edge node: `churn`, and `churn:prod` for each tag. */
export interface Pointers {
  /** The revision that the bare name means; null when it means none. */
  default: number | null;
  tags: Readonly<Record<string, number>>;
}

/** `latest` is a name, too. */
export function pointersOf(environment: Environment): Pointers {
  const newest = latestRevision(environment)?.number;
  return {
    default: defaultRevision(environment)?.number ?? null,
    tags: { ...environment.tags, ...(newest !== undefined && { [LATEST]: newest }) },
  };
}
