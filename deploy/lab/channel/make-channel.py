"""Make a small, real conda channel (linux-64 and noarch) out of what package registries serve.

    python make-channel.py CHANNEL --jars DIR --downloads DIR

CHANNEL    folder to (re)create; replaced in one rename when complete
--jars     folder with the CPython archives that pom.xml names
--downloads  folder where pip keeps the wheels, so that making the channel again needs no network

No registry here serves conda packages, but it does serve everything they are made of: CPython
builds for Java programs (org.bytedeco:cpython) and wheels. packages.toml lists them. The same list
gives the same packages, byte for byte, on every machine: fixed order, timestamps and owners. (Only
the index says when it was written.)
"""

import argparse
import asyncio
import base64
import bz2
import configparser
import hashlib
import io
import json
import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import tarfile
import time
import tomllib
import zipfile
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from email.parser import Parser
from pathlib import Path, PurePosixPath

from backports import zstd
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename
from rattler.index import index_fs

LIST = tomllib.loads(Path(__file__).with_name("packages.toml").read_text())
# 255 characters, the length conda-build pads to: any shorter prefix fits in its place in a binary.
PLACEHOLDER = "/opt/conda_build_prefix_placeholder".ljust(255, "_")
MADE_AT = 1735689600  # 2025-01-01T00:00:00Z, of every file and every package
GLIBC = "__glibc >=2.17"
# Test suites are half of these wheels' size and nothing at run time imports them.
# (numpy.testing, and with it scipy.stats, imports `_natype` and its package.)
TEST_FOLDER = re.compile(
    r"^(?!numpy/_core/tests/(__init__|_natype)\.py$)(numpy|pandas|scipy)/(.*/)?tests/"
)
STANDARD_LIBRARY_LEFT_OUT = (
    "test/", "idlelib/", "turtledemo/", "tkinter/", "lib2to3/tests/", "unittest/test/",
    "distutils/tests/", "ctypes/test/", "sqlite3/test/", "ensurepip/_bundled/", "site-packages/",
)  # fmt: skip


@dataclass
class File:
    """One path of a package: bytes or a link target, and how the prefix occurs in it, if it does."""

    content: bytes = b""
    executable: bool = False
    link: str | None = None
    prefix_mode: str | None = None  # "text" or "binary"


@dataclass
class Package:
    name: str
    version: str
    build: str
    depends: list[str]
    noarch: bool = False
    license: str = ""
    summary: str = ""
    entry_points: list[str] = field(default_factory=list)  # noarch only: the installer writes them
    files: dict[str, File] = field(default_factory=dict)

    @property
    def stem(self):
        return f"{self.name}-{self.version}-{self.build}"

    def resolve(self, path):
        """The bytes found at `path` after following links inside the package."""
        file = self.files.get(path)
        if file is None:
            return b""
        if file.link is None:
            return file.content
        return self.resolve(os.path.normpath(PurePosixPath(path).parent / file.link))

    def metadata(self):
        """The info/ folder, as {path: bytes} (the layout conda-build documents for packages)."""
        paths = []
        for path, file in sorted(self.files.items()):
            content = self.resolve(path)
            entry = {
                "_path": path,
                "path_type": "softlink" if file.link else "hardlink",
                "sha256": hashlib.sha256(content).hexdigest(),
                "size_in_bytes": len(content),
            }
            if file.prefix_mode:
                entry |= {"file_mode": file.prefix_mode, "prefix_placeholder": PLACEHOLDER}
            paths.append(entry)
        index = {
            "name": self.name,
            "version": self.version,
            "build": self.build,
            "build_number": 0,
            "depends": self.depends,
            "license": self.license,
            "timestamp": MADE_AT * 1000,
            "subdir": "noarch" if self.noarch else "linux-64",
            "arch": None if self.noarch else "x86_64",
            "platform": None if self.noarch else "linux",
        }
        info = {
            "info/paths.json": {"paths": paths, "paths_version": 1},
            "info/about.json": {"summary": self.summary, "license": self.license},
        }
        if self.noarch:
            index["noarch"] = "python"
            noarch = {"type": "python"} | ({"entry_points": self.entry_points} if self.entry_points else {})
            info["info/link.json"] = {"noarch": noarch, "package_metadata_version": 1}
        texts = {
            "info/files": "".join(f"{path}\n" for path in sorted(self.files)),
            "info/has_prefix": "".join(
                f"{PLACEHOLDER} {file.prefix_mode} {path}\n"
                for path, file in sorted(self.files.items())
                if file.prefix_mode
            ),
        }
        encoded = {name: json.dumps(value, indent=1, sort_keys=True) for name, value in info.items()}
        encoded["info/index.json"] = json.dumps(index, indent=1, sort_keys=True)
        return {name: text.encode() for name, text in (encoded | texts).items() if text}

    def write(self, channel, suffix):
        folder = channel / ("noarch" if self.noarch else "linux-64")
        folder.mkdir(parents=True, exist_ok=True)
        info = {path: File(content) for path, content in self.metadata().items()}
        target = folder / f"{self.stem}{suffix}"
        if suffix == ".tar.bz2":
            target.write_bytes(bz2.compress(tar_of(info | self.files)))
            return target
        with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
            for name, content in (
                ("metadata.json", b'{"conda_pkg_format_version": 2}'),
                (f"pkg-{self.stem}.tar.zst", zstd.compress(tar_of(self.files), 3)),
                (f"info-{self.stem}.tar.zst", zstd.compress(tar_of(info), 3)),
            ):
                # A ZipInfo without a date is of 1980-01-01; a plain name would be of this second.
                archive.writestr(zipfile.ZipInfo(name), content)
        return target


def tar_of(files):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for path, file in sorted(files.items()):
            member = tarfile.TarInfo(path)
            member.mtime = MADE_AT
            member.mode = 0o755 if file.executable else 0o644
            if file.link:
                member.type, member.linkname, member.mode = tarfile.SYMTYPE, file.link, 0o777
            member.size = 0 if file.link else len(file.content)
            archive.addfile(member, io.BytesIO(file.content))
    return buffer.getvalue()


def python_package(minor, jar):
    """CPython as conda lays it out, from the archive made for Java programs."""
    top, library = "org/bytedeco/cpython/linux-x86_64/", f"lib/python{minor}/"
    files = {}
    with zipfile.ZipFile(jar) as archive:
        for name in archive.namelist():
            path = name.removeprefix(top)
            if path == name or path.endswith("/"):
                continue
            if path.startswith(library):
                inside = path.removeprefix(library)
                if inside.startswith(STANDARD_LIBRARY_LEFT_OUT) or "/__pycache__/" in path or path.endswith((".a", ".o")):
                    continue
            elif re.fullmatch(r"libpython3[\d.]*\.so\.1\.0|libffi\.so\.\d+", path):
                path = f"lib/{path}"
            elif path != f"bin/python{minor}" and not path.startswith(f"include/python{minor}/"):
                continue
            files[path] = File(archive.read(name), executable=path.startswith("bin/") or ".so" in path)
    for name in ("python", "python3"):
        files[f"bin/{name}"] = File(link=f"python{minor}")
    files[f"lib/libpython{minor}.so"] = File(link=f"libpython{minor}.so.1.0")
    # _ctypes looks for libffi beside itself (rpath $ORIGIN), not in lib/.
    for path in [path for path in files if path.startswith("lib/libffi.so.")]:
        files[f"{library}lib-dynload/{PurePosixPath(path).name}"] = File(link=f"../../{PurePosixPath(path).name}")
    files[f"{library}site-packages/README.txt"] = File(b"Installed packages go here.\n")
    # The builder's own prefix is in a few texts (sysconfig's data, the Makefile), in no binary.
    sysconfig = next(path for path in files if re.fullmatch(re.escape(library) + r"_sysconfigdata_\w+(-\w+)*\.py", path))
    built_in = re.search(rb"'prefix':\s*'([^']+)'", files[sysconfig].content)[1]
    for path, file in files.items():
        text = path == sysconfig or re.match(re.escape(library) + "config-", path)
        if text and built_in in file.content and b"\0" not in file.content:
            file.content = file.content.replace(built_in, PLACEHOLDER.encode())
            file.prefix_mode = "text"
    return Package("python", LIST["python"][minor].split("-")[0], "0_cpython", [GLIBC],
                   license="PSF-2.0", summary="CPython", files=files)  # fmt: skip


def conda_name(name):
    name = canonicalize_name(name)
    return LIST["conda_name"].get(name, name)


def conda_spec(requirement):
    """`python-dateutil>=2.8.2` as a conda MatchSpec; `~=` is spelled out because conda has no such operator for all versions."""
    constraints = []
    for specifier in requirement.specifier:
        if specifier.operator == "~=":
            constraints += [f">={specifier.version}", f"=={specifier.version.rpartition('.')[0]}.*"]
        else:
            constraints.append(f"{specifier.operator}{specifier.version}")
    return f"{conda_name(requirement.name)} {','.join(sorted(constraints))}".strip()


def marker_environment(minor):
    return {
        "python_version": minor, "python_full_version": f"{minor}.0", "extra": "", "os_name": "posix",
        "sys_platform": "linux", "platform_system": "Linux", "platform_machine": "x86_64",
        "implementation_name": "cpython", "platform_python_implementation": "CPython",
    }  # fmt: skip


def command_file(entry_point):
    """bin/NAME for a console script, as conda's installers write it."""
    name, target = (part.strip() for part in entry_point.split("="))
    module, function = target.split("[")[0].strip().split(":")
    text = (
        f"#!{PLACEHOLDER}/bin/python\nimport sys\n\nfrom {module} import {function.split('.')[0]}\n\n"
        f"if __name__ == '__main__':\n    sys.exit({function}())\n"
    )
    return f"bin/{name}", File(text.encode(), executable=True, prefix_mode="text")


def wheel_package(minor, wheel):
    """A wheel as a conda package: for one Python (`minor`), or for all of them (`minor` is None)."""
    wheel = Path(wheel)
    wheel_name, version, *_ = parse_wheel_filename(wheel.name)
    site = f"lib/python{minor}/site-packages" if minor else "site-packages"
    scripts = "bin" if minor else "python-scripts"
    files = {}
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        info_folder = next(name.split("/")[0] for name in names if name.split("/")[0].endswith(".dist-info"))
        data_folder = info_folder.removesuffix(".dist-info") + ".data/"
        places = {"purelib": site, "platlib": site, "scripts": scripts, "data": "", "headers": f"include/{wheel_name}"}
        for name in names:
            if TEST_FOLDER.match(name) or name == f"{info_folder}/RECORD":
                continue
            path = f"{site}/{name}"
            if name.startswith(data_folder):
                kind, _, rest = name.removeprefix(data_folder).partition("/")
                path = str(PurePosixPath(places[kind]) / rest)
            file = File(archive.read(name), executable=bool(archive.getinfo(name).external_attr >> 16 & 0o111))
            if path.startswith(f"{scripts}/"):
                file.executable = True
                if file.content.startswith(b"#!python"):
                    file.content = f"#!{PLACEHOLDER}/bin/python".encode() + file.content[8:]
                    file.prefix_mode = "text"
            files[path] = file
        metadata = Parser().parsestr(archive.read(f"{info_folder}/METADATA").decode())
        scripts_text = archive.read(f"{info_folder}/entry_points.txt").decode() if f"{info_folder}/entry_points.txt" in names else ""
    files[f"{site}/{info_folder}/INSTALLER"] = File(b"conda\n")
    # pip replaces a conda package only when it finds out from RECORD which files to remove.
    record = f"{site}/{info_folder}/RECORD"
    rows = []
    for path, file in sorted(files.items()):
        digest = base64.urlsafe_b64encode(hashlib.sha256(file.content).digest()).rstrip(b"=").decode()
        relative = os.path.relpath(path, site)
        rows.append(f"{relative},," if file.prefix_mode else f"{relative},sha256={digest},{len(file.content)}")
    files[record] = File("".join(f"{row}\n" for row in [*rows, f"{info_folder}/RECORD,,"]).encode())

    parser = configparser.ConfigParser(delimiters=("=",), strict=False)
    parser.optionxform = str
    parser.read_string(scripts_text)
    commands = [f"{name} = {target}" for name, target in parser["console_scripts"].items()] if parser.has_section("console_scripts") else []
    requirements = [Requirement(text) for text in metadata.get_all("Requires-Dist") or []]
    environment = marker_environment(minor or "3.11")
    depends = [conda_spec(each) for each in requirements if each.marker is None or each.marker.evaluate(environment)]
    if minor:
        files |= dict(command_file(command) for command in commands)
        following = f"3.{int(minor.split('.')[1]) + 1}"
        depends = [f"python >={minor},<{following}.0a0", *depends, GLIBC]
        build, commands = f"py{minor.replace('.', '')}_0", []
    else:
        depends = [f"python {metadata.get('Requires-Python', '>=3.8').replace(' ', '')}", *depends]
        build = "pyhd_0"
    license_text = (metadata.get("License-Expression") or metadata.get("License") or "").split("\n")[0][:60]
    return Package(conda_name(wheel_name), str(version), build, depends, noarch=not minor, license=license_text,
                   summary=metadata.get("Summary", ""), entry_points=commands, files=files)  # fmt: skip


def small_package(recipe):
    package = Package(recipe["name"], recipe["version"], "0", recipe.get("depends", []), noarch=recipe.get("noarch", False),
                      license="MIT", entry_points=recipe.get("entry_points", []))  # fmt: skip
    for kind, mode in (("files", "text"), ("binary_files", "binary")):
        for path, text in recipe.get(kind, {}).items():
            content = text.replace("{prefix}", PLACEHOLDER).encode()
            package.files[path] = File(content, path.startswith(("bin/", "python-scripts/")), prefix_mode=mode if "{prefix}" in text else None)
    for path, link in recipe.get("links", {}).items():
        package.files[path] = File(link=link)
    return package


MAKERS = {"python": python_package, "wheel": wheel_package, "small": small_package}


def make(channel, kind, *source):
    package = MAKERS[kind](*source)
    return package.write(channel, LIST["format"].get(package.name, ".conda"))


def download_rounds(pinned):
    """pip takes one version of a name at a time: split the list so that no name repeats in a round."""
    rounds = []
    for requirement in pinned:
        name = requirement.split("==")[0]
        free = next((each for each in rounds if name not in each), None)
        if free is None:
            rounds.append(free := {})
        free[name] = requirement
    return [list(each.values()) for each in rounds]


def download_wheels(minor, pinned, folder):
    """Wheels for one Python (or for any, when `minor` is "noarch"); those already there are kept."""
    folder.mkdir(parents=True, exist_ok=True)

    def present():
        found = {}
        for path in folder.glob("*.whl"):
            name, version, *_ = parse_wheel_filename(path.name)
            found[f"{name}=={version}"] = path
        return found

    target = [] if minor == "noarch" else [
        "--python-version", minor, "--implementation", "cp", "--abi", f"cp{minor.replace('.', '')}",
        "--platform", "manylinux2014_x86_64", "--platform", "manylinux_2_17_x86_64",
    ]  # fmt: skip
    for requirements in download_rounds([each for each in pinned if each not in present()]):
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:",
             "--dest", str(folder), *target, *requirements],
            check=True,
        )  # fmt: skip
    return [present()[each] for each in pinned]


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("channel", type=Path)
    parser.add_argument("--jars", type=Path, required=True)
    parser.add_argument("--downloads", type=Path, required=True)
    options = parser.parse_args()
    started = time.monotonic()
    channel, unfinished = options.channel.resolve(), options.channel.resolve().with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    (unfinished / "noarch").mkdir(parents=True)

    # Not forked: a fork of a process with running threads may inherit a lock that nobody will release.
    fresh = multiprocessing.get_context("spawn")
    with ThreadPoolExecutor(3) as network, ProcessPoolExecutor(mp_context=fresh) as processors:
        downloads = {
            network.submit(download_wheels, minor, pinned, options.downloads / minor): minor
            for minor, pinned in LIST["wheels"].items()
        }
        made = [processors.submit(make, unfinished, "small", recipe) for recipe in LIST["small"]]
        for minor, version in LIST["python"].items():
            jar = options.jars / f"cpython-{version}-linux-x86_64.jar"
            made.append(processors.submit(make, unfinished, "python", minor, jar))
        for download in as_completed(downloads):
            minor = None if downloads[download] == "noarch" else downloads[download]
            made += [processors.submit(make, unfinished, "wheel", minor, wheel) for wheel in download.result()]
        packages = [each.result() for each in made]

    asyncio.run(index_fs(unfinished, write_shards=False, write_zst=True, force=True))
    shutil.rmtree(channel, ignore_errors=True)
    unfinished.rename(channel)
    size = sum(path.stat().st_size for path in channel.rglob("*") if path.is_file())
    print(f"{len(packages)} packages, {size / 1e6:.0f} MB, {time.monotonic() - started:.1f} s", flush=True)
    # py-rattler's threads sometimes crash the interpreter while it shuts down (seen with 0.28.0 on a
    # loaded machine), when all the work is done: leave without shutting down.
    os._exit(0)


if __name__ == "__main__":
    main()
