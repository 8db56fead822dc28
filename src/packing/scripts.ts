import type { PrefixRecord } from './relocate.ts';

/**
 * The three scripts an archive gets besides the environment's own files. All are for people who
 * unpack it by hand: a YARN container neither sources nor runs any of them.
 */

/** `source bin/activate`: puts the prefix first on the PATH and runs its activation scripts. */
export const ACTIVATE = `# Source this file: . <prefix>/bin/activate
if [ -n "\${BASH_SOURCE:-}" ]; then
  _ferry_script="\${BASH_SOURCE}"
elif [ -n "\${ZSH_VERSION:-}" ]; then
  _ferry_script="\${(%):-%x}"
else
  _ferry_script="\${CONDA_PREFIX_TO_ACTIVATE:-.}/bin/activate"
fi
if [ -n "\${_FERRY_PREFIX:-}" ]; then
  . "\${_FERRY_PREFIX}/bin/deactivate"
fi
_FERRY_PREFIX="$(cd "$(dirname "\${_ferry_script}")/.." && pwd)"
_FERRY_OLD_PATH="\${PATH}"
unset _ferry_script
CONDA_PREFIX="\${_FERRY_PREFIX}"
CONDA_DEFAULT_ENV="$(basename "\${_FERRY_PREFIX}")"
PATH="\${_FERRY_PREFIX}/bin:\${PATH}"
export CONDA_PREFIX CONDA_DEFAULT_ENV PATH
if [ -d "\${_FERRY_PREFIX}/etc/conda/activate.d" ]; then
  for _ferry_hook in "\${_FERRY_PREFIX}"/etc/conda/activate.d/*.sh; do
    [ -f "\${_ferry_hook}" ] && . "\${_ferry_hook}"
  done
  unset _ferry_hook
fi
hash -r 2>/dev/null || true
`;

/** `source bin/deactivate`: undoes `bin/activate`. */
export const DEACTIVATE = `# Source this file: . <prefix>/bin/deactivate
if [ -n "\${_FERRY_PREFIX:-}" ]; then
  if [ -d "\${_FERRY_PREFIX}/etc/conda/deactivate.d" ]; then
    for _ferry_hook in "\${_FERRY_PREFIX}"/etc/conda/deactivate.d/*.sh; do
      [ -f "\${_ferry_hook}" ] && . "\${_ferry_hook}"
    done
    unset _ferry_hook
  fi
  PATH="\${_FERRY_OLD_PATH}"
  export PATH
  unset _FERRY_PREFIX _FERRY_OLD_PATH CONDA_PREFIX CONDA_DEFAULT_ENV
  hash -r 2>/dev/null || true
fi
`;

/**
 * `bin/conda-unpack`: rewrites the build prefix to wherever the archive was unpacked. Needs only
 * the standard library, may run twice, and refuses before it has changed anything.
 */
export function condaUnpack(prefix: string, records: readonly PrefixRecord[]): string {
  const rows = records.map(({ path, mode, capacity }) => JSON.stringify([path, mode, capacity]));
  return `#!/usr/bin/env python
"""Rewrites the paths that this environment's files were built with to where it lies now."""
import argparse
import os
import re
import sys

VERSION = "1"
PREFIX = ${JSON.stringify(prefix)}
# path, how it holds the prefix, longest path it has room for (binaries only)
RECORDS = [
${rows.map((row) => `    ${row},\n`).join('')}]


def rewrite_text(data, old, new, capacity):
    return re.sub(re.escape(old) + rb"(?![\\w-])", lambda _: new, data)


def rewrite_binary(data, old, new, capacity):
    if len(new) > capacity:
        raise ValueError("there is room for a path of %d bytes, not %d" % (capacity, len(new)))

    def rewrite(match):
        text = match.group(1)
        room = text.count(old) * (capacity - len(old))
        padding = match.group(2)
        replaced = rewrite_text(text, old, new, capacity)
        spare = len(text) + min(room, len(padding) - 1) - len(replaced)
        if spare < 0:
            raise ValueError("there is no room for %r" % new)
        kept = len(padding) - min(room, len(padding) - 1)
        return replaced + b"\\0" * (spare + kept)

    return re.sub(rb"(" + re.escape(old) + rb"[^\\0]*)(\\0+)", rewrite, data)


REWRITERS = {"text": rewrite_text, "binary": rewrite_binary}


def main():
    parser = argparse.ArgumentParser(prog="conda-unpack", description=__doc__)
    parser.add_argument("--version", action="version", version="conda-unpack " + VERSION)
    parser.add_argument("--quiet", "-q", action="store_true", help="say nothing")
    quiet = parser.parse_args().quiet
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    changes = []
    for path, mode, capacity in RECORDS:
        place = os.path.join(here, path)
        if not os.path.isfile(place):
            continue
        with open(place, "rb") as file:
            data = file.read()
        try:
            changed = REWRITERS[mode](data, os.fsencode(PREFIX), os.fsencode(here), capacity)
        except ValueError as error:
            sys.exit("conda-unpack: %s: %s" % (path, error))
        if changed != data:
            changes.append((place, changed))
    for place, changed in changes:
        # A new file beside it, renamed: an unpacked copy may be hard-linked or in use.
        partial = place + ".conda-unpack"
        with open(partial, "wb") as file:
            file.write(changed)
        os.chmod(partial, os.stat(place).st_mode & 0o7777)
        os.replace(partial, place)
    if not quiet:
        print("conda-unpack: %d files rewritten to %s" % (len(changes), here))


if __name__ == "__main__":
    main()
`;
}
