import { readFile } from 'node:fs/promises';
import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import { userError } from '../domain/errors.ts';
import { ConfigError, type Problem } from './problems.ts';

/** The way to a value: `['edges', 0, 'port']`. */
export type Path = readonly (string | number)[];

/** The configuration file as it was written: nothing in it is checked. */
export interface ConfigDocument {
  /** Absolute. */
  file: string;
  content: unknown;
  /** Where a value stands, for people: `edges[0].port (line 12)`. */
  placeOf(path: Path): string;
}

/** Throws `config-missing`, and a `ConfigError` for what is not YAML. */
export async function readDocument(file: string): Promise<ConfigDocument> {
  const source = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw userError({
      code: 'config-missing',
      message: `The configuration ${file} cannot be read: ${error.code ?? error.message}.`,
      suggestion: 'Name another one with --config or CONDA_FERRY_CONFIG, or make it readable.',
    });
  });
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false });
  const problems = syntaxProblems(document, lines);
  if (problems.length > 0) throw new ConfigError(file, problems);
  return {
    file,
    content: document.toJS(),
    placeOf(path) {
      const line = lineOf(document, lines, path);
      return line === null ? keyOf(path) : `${keyOf(path)} (line ${line})`;
    },
  };
}

/** After a mistake in the syntax, everything may look like one; repeated keys are each their own. */
function syntaxProblems({ errors }: Document, lines: LineCounter): Problem[] {
  const first = errors.find((error) => error.code !== 'DUPLICATE_KEY');
  return errors
    .filter((error) => error === first || error.code === 'DUPLICATE_KEY')
    .map((error) => ({
      where: `line ${lines.linePos(error.pos[0]).line}`,
      what: `is not YAML: ${error.message}`,
    }));
}

/** The line of a value, or of the nearest section around it that is written. */
function lineOf(document: Document, lines: LineCounter, path: Path): number | null {
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return null;
}

/** A path as people write it: `edges[0].port`. */
export function keyOf(path: Path): string {
  const key = path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`,
    '',
  );
  return key || 'the file';
}

/** The value there; undefined where there is none. */
export function valueAt(content: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, part)
        ? (value as Record<string | number, unknown>)[part]
        : undefined,
    content,
  );
}

/** A copy with one value replaced; content that is no section is left for the rules to refuse. */
export function withValue(content: unknown, [key, ...rest]: Path, value: string): unknown {
  if (key === undefined) return value;
  if (content != null && (typeof content !== 'object' || Array.isArray(content))) return content;
  const section = content as Record<string | number, unknown> | null | undefined;
  return { ...section, [key]: withValue(section?.[key], rest, value) };
}
