"""Resolves requirements of pip beside the packages that conda installs, by uv.

Reads one JSON object from standard input: `requirements` (texts), `packages` (name and version of
each that conda installs), `keep` (the same of what is to stay where it can), `indexes` (addresses, the first that has a package decides), `python` and
`platform` as uv names them, `cache` (a folder). Prints one JSON object on the last line: `packages`,
each with its name, version and the wheels that fit; or `refused`, what uv says.

Runs in a folder of its own. What conda installs is offered there as an index that comes first: uv
then knows no other version of it, and asks nothing of it.
"""

import json
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import uv

# PEP 440, appendix B; conda knows versions that are none of pip's.
VERSION = re.compile(
    r"(\d+!)?\d+(\.\d+)*(a\d+|b\d+|rc\d+)?(\.post\d+)?(\.dev\d+)?(\+[a-z0-9]+(\.[a-z0-9]+)*)?"
)


def offer(folder, name, version):
    """Writes a wheel that has nothing but its name, as an index has it (PEP 503)."""
    home = folder / name
    home.mkdir(parents=True, exist_ok=True)
    stem = f"{name.replace('-', '_')}-{version}"
    with zipfile.ZipFile(home / f"{stem}-py3-none-any.whl", "w") as wheel:
        info = f"{stem}.dist-info"
        fields = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        wheel.writestr(f"{info}/METADATA", fields)
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    (home / "index.html").write_text(f'<a href="{stem}-py3-none-any.whl">{stem}</a>')


def answered(packages):
    """An answer of uv's own with these packages (PEP 751)."""
    entries = (
        f"[[packages]]\nname = {json.dumps(entry['name'])}\nversion = {json.dumps(entry['version'])}\n"
        for entry in packages
    )
    return "\n".join(['lock-version = "1.0"\ncreated-by = "uv"\n', *entries])


def main():
    asked = json.load(sys.stdin)
    work = Path.cwd()
    held = [entry for entry in asked["packages"] if VERSION.fullmatch(entry["version"])]
    for entry in held:
        offer(work / "conda", entry["name"], entry["version"])
    (work / "conda").mkdir(exist_ok=True)
    (work / "requirements.in").write_text("\n".join(asked["requirements"]) + "\n")
    # An answer that is there already is kept to, as far as it goes.
    if asked["keep"]:
        (work / "pylock.toml").write_text(answered(asked["keep"]))
    *first, last = [(work / "conda").as_uri(), *asked["indexes"]]
    indexes = [word for address in first for word in ("--index", address)]
    result = subprocess.run(
        [
            uv.find_uv_bin(), "pip", "compile", "requirements.in", "--quiet", "--color", "never",
            "--no-config", "--no-header", "--cache-dir", asked["cache"], "--no-python-downloads",
            "--python", sys.executable, "--python-version", asked["python"],
            "--python-platform", asked["platform"], "--only-binary", ":all:", "--generate-hashes",
            *indexes, "--default-index", last, "--format", "pylock.toml", "-o", "pylock.toml",
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        check=False,
    )  # fmt: skip
    if result.returncode != 0:
        print(json.dumps({"refused": result.stderr[-20_000:]}))
        return
    names = {entry["name"] for entry in held}
    lock = tomllib.loads((work / "pylock.toml").read_text())
    packages = [
        {
            "name": entry["name"],
            "version": entry.get("version", ""),
            "wheels": [
                {
                    "url": wheel.get("url") or (work / wheel["path"]).resolve().as_uri(),
                    "sha256": wheel.get("hashes", {}).get("sha256"),
                    "size": wheel.get("size"),
                }
                for wheel in entry.get("wheels", [])
            ],
        }
        for entry in lock.get("packages", [])
        if entry["name"] not in names
    ]
    print(json.dumps({"packages": packages}))


main()
