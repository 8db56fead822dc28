"""Says what wheels need, from inside the environment they are meant for.

Runs with the environment's own Python: `python -I - WHEEL...` prints one JSON list with, for each
wheel, its name, version, the requirements nothing in the environment meets, and its editable files.
"""

import json
import sys
import zipfile
from email.parser import Parser
from importlib.metadata import PackageNotFoundError, version

from pip._vendor.packaging.requirements import InvalidRequirement, Requirement
from pip._vendor.packaging.specifiers import SpecifierSet
from pip._vendor.packaging.utils import canonicalize_name


def read(path):
    with zipfile.ZipFile(path) as wheel:
        names = wheel.namelist()
        metadata = next(
            name for name in names if name.endswith(".dist-info/METADATA") and name.count("/") == 1
        )
        fields = Parser().parsestr(wheel.read(metadata).decode())
        links = [name for name in names if name.endswith(".pth")]
        editable = [
            name
            for name in names
            if name.startswith("__editable__")
            or (name in links and points_away(wheel.read(name).decode(errors="replace")))
        ]
    return {
        "path": path,
        "name": fields["Name"],
        "version": fields["Version"],
        "python": fields["Requires-Python"],
        "requires": fields.get_all("Requires-Dist") or [],
        "editable": editable,
    }


def points_away(text):
    """A line of a .pth file with an absolute path: the code stays on the machine it was built on."""
    return any(line.startswith("/") for line in text.splitlines())


def unmet(wheel, installed):
    for text in wheel["requires"]:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        found = installed.get(canonicalize_name(requirement.name)) or distribution(requirement.name)
        if found is None or not requirement.specifier.contains(found, prereleases=True):
            yield {
                "spec": f"{canonicalize_name(requirement.name)}{requirement.specifier}",
                "found": found,
            }


def distribution(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def main():
    wheels = [read(path) for path in sys.argv[1:]]
    installed = {canonicalize_name(wheel["name"]): wheel["version"] for wheel in wheels}
    python = ".".join(map(str, sys.version_info[:3]))
    for wheel in wheels:
        wheel["unmet"] = list(unmet(wheel, installed))
        wanted = wheel.pop("python")
        wheel["python"] = wanted if wanted and python not in SpecifierSet(wanted) else None
        del wheel["requires"]
    print(json.dumps(wheels))


main()
