"""Reads what an sdist says of itself, without running anything of it.

`python -I read_sdist.py PATH FILE NAME VERSION`, where FILE is what its index calls it, prints one JSON object: `metadata`, what the package needs in
the words of a wheel, and `requires`, what its build needs (PEP 518); or `unreadable`, why not.

From metadata of version 2.2 on an sdist says which of its fields a build may change (PEP 643). Where
it says nothing of that, what it needs is what it was made with: the wheel that its build makes is
looked at again before it is installed.
"""

import json
import re
import sys
import tarfile
import tomllib
import zipfile
import zlib
from email.parser import HeaderParser

MOST_BYTES = 4 * 1024**2
MOST_MEMBERS = 200_000
# PEP 517, "Build requirements": what stands for an sdist that says nothing; older pip wants `wheel`.
LEGACY = ["setuptools>=40.8.0", "wheel"]
UNREADABLE = (
    *(OSError, ValueError, EOFError, AttributeError, TypeError),
    *(tarfile.TarError, zipfile.BadZipFile, zlib.error),
)
WANTED = re.compile(r"[^/]+/(PKG-INFO|pyproject\.toml|(?:src/)?[^/]+\.egg-info/requires\.txt)")


def members(path, file):
    """Texts of the files that are read, by their path below the top folder."""
    found = {}
    if file.endswith(".zip"):
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                take(found, entry.filename, entry.file_size, lambda: archive.open(entry))
    else:
        with tarfile.open(path, "r:gz") as archive:
            for count, entry in enumerate(archive):
                if count > MOST_MEMBERS:
                    raise ValueError("it has too many files")
                if entry.isfile():
                    take(found, entry.name, entry.size, lambda: archive.extractfile(entry))
    return found


def take(found, name, size, content):
    match = WANTED.fullmatch(name.removeprefix("./"))
    if match and size <= MOST_BYTES:
        with content() as file:
            found[match[1]] = file.read(MOST_BYTES).decode(errors="replace")


def needs(found):
    """Requires-Python, Requires-Dist and Provides-Extra, from who knows them best."""
    info = HeaderParser().parsestr(found["PKG-INFO"])
    version = tuple(int(part) for part in re.findall(r"\d+", info["Metadata-Version"] or "1"))
    dynamic = {field.lower() for field in info.get_all("Dynamic") or []}
    own = (
        info["Requires-Python"],
        info.get_all("Requires-Dist") or [],
        info.get_all("Provides-Extra") or [],
    )
    if version >= (2, 2) and not dynamic & {"requires-dist", "provides-extra"}:
        return own
    project = project_of(found)
    if "dependencies" in project and "optional-dependencies" not in project.get("dynamic", []):
        extras = project.get("optional-dependencies", {})
        more = [behind(each, extra) for extra, texts in extras.items() for each in texts]
        return own[0] or project.get("requires-python"), [*project["dependencies"], *more], [*extras]
    if own[1]:
        return own
    listed = [text for path, text in found.items() if path.endswith("requires.txt")]
    return (own[0], *egg_needs(listed[0] if listed else ""))


def project_of(found):
    project = tomllib.loads(found.get("pyproject.toml", "")).get("project", {})
    return project if isinstance(project, dict) else {}


def egg_needs(text):
    """Rows below `[extra:marker]`, as setuptools writes them."""
    requires, extras, extra, marker = [], [], "", ""
    for row in filter(None, map(str.strip, text.splitlines())):
        if row.startswith("["):
            extra, _, marker = row.strip("[]").partition(":")
            if extra and extra not in extras:
                extras.append(extra)
        else:
            requires.append(behind(f"{row} ; {marker}" if marker else row, extra))
    return requires, extras


def behind(requirement, extra):
    """The requirement, where the extra is asked for."""
    if not extra:
        return requirement
    text, mark, marker = requirement.partition(";")
    condition = f"({marker.strip()}) and " if mark else ""
    return f"{text.strip()} ; {condition}extra == '{extra}'"


def main():
    path, file, name, version = sys.argv[1:]
    try:
        found = members(path, file)
        python, requires, extras = needs(found)
        system = tomllib.loads(found.get("pyproject.toml", "")).get("build-system", {})
        build = system.get("requires", LEGACY)
        if not all(isinstance(each, str) for each in [*build, *requires]):
            raise ValueError("its requirements are no texts")
    except KeyError as error:
        print(json.dumps({"unreadable": f"it has no {error.args[0]}"}))
        return
    except UNREADABLE as error:
        print(json.dumps({"unreadable": str(error)[:300]}))
        return
    fields = [
        ("Metadata-Version", "2.1"),
        ("Name", name),
        ("Version", version),
        *([("Requires-Python", python)] if python else []),
        *(("Provides-Extra", extra) for extra in extras),
        *(("Requires-Dist", requirement) for requirement in requires),
    ]
    # A row of its own each, whatever stands in them.
    text = "".join(f"{field}: {' '.join(value.split())}\n" for field, value in fields)
    print(json.dumps({"metadata": text, "requires": build}))


main()
