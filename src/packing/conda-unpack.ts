import { AFTER_RULES, BEFORE_RULES, DECLARED_RULE, LENGTH_BYTE_RULE } from './mentions.ts';
import { UNPACKED } from './prefix-names.ts';
import type { PrefixRecord } from './relocate.ts';

/** A rule of `mentions.ts` in Python: `$` there also stands before a last line break. */
const pythonRule = ([pattern, isPath]: readonly [string, boolean]) =>
  `    (re.compile(r"""${pattern.replace(/\$$/, '\\Z')}""".encode("latin-1")), ${isPath ? 'True' : 'False'}),\n`;

/**
 * `bin/conda-unpack`: rewrites the build prefix to wherever the archive was unpacked. A shell
 * starts it with the environment's own Python, wherever that lies. It needs only the standard
 * library, may run twice, after every move too, and refuses before it has changed anything.
 */
export function condaUnpack(names: readonly string[], records: readonly PrefixRecord[]): string {
  const rows = records.map(({ path, mode, capacity }) => JSON.stringify([path, mode, capacity]));
  return `#!/bin/sh
''':'
here="$(PATH="$PATH:/usr/bin:/bin"; dirname "$(readlink -f "$0" 2>/dev/null || echo "$0")")"
for python in "$here/python" "$here/python3" python3 python; do
  if command -v "$python" >/dev/null 2>&1; then exec "$python" -E "$0" "$@"; fi
done
echo "conda-unpack: there is no Python, neither beside this file nor on the PATH" >&2
exit 127
'''
"""Rewrites the paths that this environment's files were built with to where it lies now."""
import argparse
import json
import os
import re
import sys
from urllib.parse import quote

VERSION = "2"
PREFIXES = ${JSON.stringify(names)}
# path, how it holds the prefix, longest path it has room for (binaries only)
RECORDS = [
${rows.map((row) => `    ${row},\n`).join('')}]
# What stands before a match and behind it, and whether it is a path then.
BEFORE = [
${BEFORE_RULES.map(pythonRule).join('')}]
BEFORE_IN_DECLARED = [
${pythonRule(DECLARED_RULE)}] + BEFORE
BEFORE_IN_BINARY = [
${pythonRule(LENGTH_BYTE_RULE)}] + BEFORE
AFTER = [
${AFTER_RULES.map(pythonRule).join('')}]
SPELLINGS = [
    lambda path: path,
    lambda path: path.replace(b"/", b"\\\\/"),
    lambda path: quote(path, safe=";,/?:@&=+$-_.!~*'()#").encode("ascii"),
    lambda path: path.replace(b" ", b"\\\\ "),
]


def judge(rules, text):
    for pattern, is_path in rules:
        if pattern.search(text):
            return is_path
    return True


def find_mentions(data, old, spellings, before):
    found, seen = [], set()
    for spell in spellings:
        needle = spell(old)
        if needle in seen:
            continue
        seen.add(needle)
        at = data.find(needle)
        while at >= 0:
            end = at + len(needle)
            front = data[max(0, at - 80):at]
            if data[at:at + 1] == b"\\\\":
                front = front.replace(b"\\\\/", b"/")
            if judge(AFTER, data[end:end + 8]) and judge(before, front):
                found.append((at, end, spell))
            at = data.find(needle, at + 1)
    return sorted(found, key=lambda place: place[0])


def replace(data, places, new):
    parts, last = [], 0
    for at, end, spell in places:
        parts += [data[last:at], spell(new)]
        last = end
    return b"".join(parts + [data[last:]])


def rewrite_text(data, old, new, capacity):
    return replace(data, find_mentions(data, old, SPELLINGS, BEFORE), new)


def rewrite_declared(data, old, new, capacity):
    return replace(data, find_mentions(data, old, SPELLINGS, BEFORE_IN_DECLARED), new)


def rewrite_binary(data, old, new, capacity):
    places = find_mentions(data, old, SPELLINGS[:1], BEFORE_IN_BINARY)
    if places and len(new) > capacity:
        raise ValueError("there is room for a path of %d bytes, not %d" % (capacity, len(new)))
    changed = bytearray(data)
    while places:
        start = places[0][0]
        end = data.find(b"\\0", start)
        if end < 0:
            break
        inside = [(a - start, b - start, spell) for a, b, spell in places if a < end]
        places = places[len(inside):]
        replaced = replace(data[start:end], inside, new)
        last, limit = end, end + sum(capacity - (b - a) for a, b, _ in inside)
        while last < limit and data[last + 1:last + 2] == b"\\0":
            last += 1
        if len(replaced) > last - start:
            raise ValueError("there is no room for %r" % new)
        length = max(end - start, len(replaced))
        changed[start:start + length] = replaced + b"\\0" * (length - len(replaced))
    return bytes(changed)


REWRITERS = {"text": rewrite_text, "declared": rewrite_declared, "binary": rewrite_binary}


def rewritten(place, mode, capacity, olds, new):
    with open(place, "rb") as file:
        data = file.read()
    changed = data
    for old in olds:
        changed = REWRITERS[mode](changed, old, new, capacity)
    return None if changed == data else changed


def write(place, data):
    # A new file beside it, renamed: an unpacked copy may be hard-linked or in use.
    partial = place + ".conda-unpack"
    try:
        with open(partial, "wb") as file:
            file.write(data)
        if os.path.exists(place):
            os.chmod(partial, os.stat(place).st_mode & 0o7777)
        os.rename(partial, place)
    except BaseException:
        if os.path.exists(partial):
            os.remove(partial)
        raise


def known_prefixes(state, here):
    try:
        with open(state, encoding="utf-8") as file:
            moved = json.load(file)
    except (OSError, ValueError):
        moved = []
    # The longest first: one may lie in another.
    return sorted(set(PREFIXES + moved) - {here}, key=lambda path: (-len(path), path))


def main():
    parser = argparse.ArgumentParser(prog="conda-unpack", description=__doc__)
    parser.add_argument("--version", action="version", version="conda-unpack " + VERSION)
    parser.add_argument("--quiet", "-q", action="store_true", help="say nothing")
    quiet = parser.parse_args().quiet
    script = os.path.abspath(__file__)
    while os.path.islink(script):
        script = os.path.join(os.path.dirname(script), os.readlink(script))
    here = os.path.dirname(os.path.dirname(os.path.abspath(script)))
    state = os.path.join(here, *"${UNPACKED}".split("/"))
    known = known_prefixes(state, here)
    olds, new = [os.fsencode(path) for path in known], os.fsencode(here)
    pending = []
    for path, mode, capacity in RECORDS:
        place = os.path.join(here, path)
        if not os.path.isfile(place):
            continue
        try:
            changed = rewritten(place, mode, capacity, olds, new)
        except ValueError as error:
            sys.exit("conda-unpack: %s: %s; move the environment to a shorter path" % (path, error))
        if changed is None:
            continue
        if not os.access(os.path.dirname(place), os.W_OK):
            sys.exit("conda-unpack: %s cannot be written; run it as the owner of %s" % (place, here))
        pending.append((place, mode, capacity))
    if pending:
        if not os.path.isdir(os.path.dirname(state)):
            os.makedirs(os.path.dirname(state))
        # Written first: if this is interrupted, files hold old and new paths, and both are known.
        write(state, json.dumps(sorted(set(known + [here]) - set(PREFIXES))).encode("utf-8"))
    for place, mode, capacity in pending:
        changed = rewritten(place, mode, capacity, olds, new)
        if changed is not None:
            write(place, changed)
    if not quiet:
        print("conda-unpack: %d files rewritten to %s" % (len(pending), here))


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        sys.exit("conda-unpack: %s" % error)
    except KeyboardInterrupt:
        sys.exit("conda-unpack: stopped; run it again to finish")
`;
}
