import { printable } from '../names.ts';
import { Mistake } from './mistake.ts';

/** conda's own: a name ends where white space or an operator begins (`_NAME_VERSION_RE`). */
const SPLIT = /^([^\s=<>!~]+)(.*)$/s;
/** CEP 26, "Identifying packages and channels in the conda ecosystem". */
const NAME = /^(?:[a-z0-9]|[a-z0-9_](?!_))[._-]?(?:[a-z0-9]+(?:[._-]|$))*$/;
/** `numpy-1.26.4`, `numpy-1.26.4-py311_0` as files are called, `python3.11` as the program is. */
const WITH_VERSION =
  /^(?:[a-z][a-z0-9_.-]*?-\d+(?:\.\d+)+(?:-[a-z0-9_.]+|\.tar\.gz|\.zip)?|python\d\.\d+)$/;

/** The name at the beginning of `body`, which stands at `offset` of its spec, and what follows. */
export function readName(body: string, offset: number) {
  const [, name = '', rest = ''] = SPLIT.exec(body) ?? [];
  const position = { start: offset, end: offset + (name.length || body.length) };
  const lower = name.toLowerCase();
  if (name === '') throw new Mistake('there is no package name', position, 'Begin with a name.');
  if (/^(?:\d+(?:\.\d+)*|v\d+(?:\.\d+)+)$/.test(name)) {
    throw new Mistake(
      `\`${printable(name)}\` is a version without its package`,
      position,
      `Write the package before it, such as \`python=${printable(name.replace(/^v/, ''))}\`.`,
    );
  }
  if (name.includes('*')) {
    throw new Mistake('a name with `*` could be any package', position, 'Name one package.');
  }
  if (lower.startsWith('__')) {
    throw new Mistake(
      `\`${printable(name)}\` is a property of the machine, not a package`,
      position,
      'It follows from the profile of the cluster; leave it out.',
    );
  }
  // With a version of its own behind it, such a name is one: `atk-1.0=2.38`.
  const isNamed = /^\s*[=<>!~]/.test(rest) && !lower.startsWith('python');
  if (WITH_VERSION.test(lower) && !isNamed) {
    throw new Mistake(
      `in \`${printable(name)}\` the version is a part of the name`,
      position,
      'A version follows `=`: `numpy=1.26`.',
    );
  }
  if (!NAME.test(lower) || name.length > 128) {
    throw new Mistake(`\`${printable(name)}\` is not a package name`, position, null);
  }
  return { name: lower, rest, restStart: offset + name.length };
}
