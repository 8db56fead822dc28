import { posix } from 'node:path';

/** Files that can name places of their environment without its prefix, so that they work anywhere. */
interface PortableForm {
  applies(path: string): boolean;
  /** The text with the prefix, `name`, taken out of where that is possible. */
  rewrite(text: string, name: string, path: string): string;
}

const FORMS: readonly PortableForm[] = [
  {
    // Python takes lines of a .pth relative to its folder (documentation of `site`).
    applies: isPathFile,
    rewrite: (text, name, path) =>
      mapLines(text, (line) => {
        const place = line.trimEnd();
        if (!isWithin(place, name)) return line;
        return posix.relative(posix.dirname(path), place.slice(name.length + 1)) || '.';
      }),
  },
  {
    // jupyter_client replaces a bare `python` by the interpreter it runs in itself.
    applies: (path) => /(^|\/)kernels\/[^/]+\/kernel\.json$/.test(path),
    rewrite: (text, name) =>
      text.replace(
        /("argv"\s*:\s*\[\s*")((?:[^"\\]|\\.)+)"/,
        (whole, front: string, command: string) => {
          const bare = command.startsWith(`${name}/`) ? /\/bin\/([^/]+)$/.exec(command)?.[1] : null;
          return bare ? `${front}${bare}"` : whole;
        },
      ),
  },
  {
    // Qt takes `Prefix` relative to the program's folder, and the rest relative to that.
    applies: (path) => /^bin\/qt\d*\.conf$/.test(path),
    rewrite: (text, name) =>
      mapLines(text, (line) => {
        const match = /^(\s*\w+\s*=\s*)(\S.*)$/.exec(line.trimEnd());
        if (!match?.[2] || !isWithin(match[2], name)) return line;
        const isPrefix = /^\s*Prefix\s*=/i.test(line);
        const place = match[2].slice(name.length + 1) || '.';
        return `${match[1]}${isPrefix ? posix.join('..', place) : place}`;
      }),
  },
];

/** Lines in it are folders for Python's path. */
export function isPathFile(path: string): boolean {
  return /(^|\/)(site|dist)-packages\/[^/]+\.pth$/.test(path);
}

/** The content without the prefix where it need not be named; the same buffer when nothing changes. */
export function makePortable(content: Buffer, path: string, names: readonly string[]): Buffer {
  const form = FORMS.find(({ applies }) => applies(path));
  if (!form) return content;
  // latin1 keeps bytes that are not UTF-8 as they are.
  const before = content.toString('latin1');
  const after = names.reduce(
    (text, name) => form.rewrite(text, Buffer.from(name).toString('latin1'), path),
    before,
  );
  return after === before ? content : Buffer.from(after, 'latin1');
}

function isWithin(place: string, name: string): boolean {
  return place === name || place.startsWith(`${name}/`);
}

function mapLines(text: string, change: (line: string) => string): string {
  return text
    .split(/(\r?\n)/)
    .map((part, index) => (index % 2 === 0 ? change(part) : part))
    .join('');
}
