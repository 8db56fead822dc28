import { readFile } from 'node:fs/promises';
import { userError } from '../domain/errors.ts';
import { type Path, parseYaml } from '../reading/yaml.ts';
import { ConfigError } from './problems.ts';

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
  return documentOf(file, source);
}

/** The same of a text that is, or will be, that file's. Throws a `ConfigError` for what is not YAML. */
export function documentOf(file: string, source: string): ConfigDocument {
  const { content, mistakes, lineOf } = parseYaml(source);
  if (mistakes.length > 0) {
    const problems = mistakes.map(({ line, column, message }) => ({
      where: column === undefined ? `line ${line}` : `line ${line}, column ${column}`,
      what: `is not YAML: ${message}`,
    }));
    throw new ConfigError(file, problems);
  }
  return {
    file,
    content,
    placeOf(path) {
      const line = lineOf(path);
      return line === null ? keyOf(path) : `${keyOf(path)} (line ${line})`;
    },
  };
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
export function withValue(content: unknown, [key, ...rest]: Path, value: string | number): unknown {
  if (key === undefined) return value;
  if (content != null && (typeof content !== 'object' || Array.isArray(content))) return content;
  const section = content as Record<string | number, unknown> | null | undefined;
  return { ...section, [key]: withValue(section?.[key], rest, value) };
}
