"""Make a channel with packages of the size and shape of large ones, out of the lab's.

    python large-channel.py LAB_CHANNEL CHANNEL

No lab can fetch PyTorch for a benchmark. So here are packages with as many files, of the same kinds and
sizes, as pyarrow, scikit-learn and a PyTorch for CPUs have. Their bytes are pieces of the lab's own
packages in another order: as compressible as programs and texts are, and no two files are alike. CHANNEL
also has the lab's packages, so that an environment is made from it alone; it is renamed into place.
"""

import asyncio
import importlib.util
import io
import os
import random
import shutil
import sys
import tarfile
import zipfile
from pathlib import Path

from backports import zstd
from rattler.index import index_fs

LAB = Path(__file__).parents[2] / "deploy/lab/channel/make-channel.py"
SITE = "lib/python3.11/site-packages"
DEPENDS = ["python >=3.11,<3.12.0a0"]
# A piece is smaller than deflate's window, so that a file compresses as its sources do.
PIECE = 8192
MB = 1_000_000

# name, version, libraries as (count, bytes each), texts as (count, bytes each)
SHAPES = [
    ("ferry-arrow", "18.1.0", (40, 3_300_000), (900, 9_000)),
    ("ferry-learn", "1.6.1", (90, 330_000), (1500, 9_000)),
    ("ferry-learn", "1.6.2", (90, 330_000), (1500, 9_000)),
    ("ferry-torch", "2.6.0", (6, 85 * MB), (14_500, 7_000)),
]


def lab_module():
    spec = importlib.util.spec_from_file_location("make_channel", LAB)
    module = importlib.util.module_from_spec(spec)
    sys.modules["make_channel"] = module
    spec.loader.exec_module(module)
    return module


def contents_of(package):
    with zipfile.ZipFile(package) as archive:
        name = next(each for each in archive.namelist() if each.startswith("pkg-"))
        tar = tarfile.open(fileobj=io.BytesIO(zstd.decompress(archive.read(name))))
        return {each.name: tar.extractfile(each).read() for each in tar if each.isreg()}


def pieces(files, suffix):
    joined = b"".join(content for path, content in sorted(files.items()) if path.endswith(suffix))
    return [joined[at : at + PIECE] for at in range(0, len(joined) - PIECE, PIECE)]


def shuffled(choice, source, size):
    """`size` bytes of pieces in an order of their own."""
    made = b"".join(choice.choice(source) for _ in range(-(-size // PIECE)))
    return made[:size]


def package(make, sources, name, version, libraries, texts):
    choice = random.Random(f"{name} {version}")
    module = name.replace("-", "_")
    files = {f"{SITE}/{module}/__init__.py": make.File(f"__version__ = '{version}'\n".encode())}
    for at in range(libraries[0]):
        content = b"\x7fELF" + shuffled(choice, sources["libraries"], libraries[1])
        files[f"{SITE}/{module}/lib/lib{module}_{at}.so"] = make.File(content, executable=True)
    for at in range(texts[0]):
        # Headers where a package has thousands of them: nobody compiles those to bytecode.
        suffix = "h" if texts[0] > 5000 else "txt"
        content = shuffled(choice, sources["texts"], choice.randint(texts[1] // 4, texts[1] * 7 // 4))
        files[f"{SITE}/{module}/include/{at % 97}/part_{at}.{suffix}"] = make.File(content)
    return make.Package(name, version, "py311_0", DEPENDS, license="MIT", files=files)


def main():
    lab, channel = Path(sys.argv[1]), Path(sys.argv[2])
    make = lab_module()
    unfinished = channel.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    for subdir in ("linux-64", "noarch"):
        (unfinished / subdir).mkdir(parents=True)
        for each in [*(lab / subdir).glob("*.conda"), *(lab / subdir).glob("*.tar.bz2")]:
            shutil.copyfile(each, unfinished / subdir / each.name)
    found = {}
    for name in ("python-3.11*", "numpy-2*py311*", "scipy-*py311*"):
        found |= contents_of(next((lab / "linux-64").glob(f"{name}.conda")))
    sources = {"libraries": pieces(found, ".so"), "texts": pieces(found, ".py")}
    for shape in SHAPES:
        package(make, sources, *shape).write(unfinished, ".conda")
    asyncio.run(index_fs(unfinished, write_shards=False, write_zst=True, force=True))
    shutil.rmtree(channel, ignore_errors=True)
    unfinished.rename(channel)
    # py-rattler's threads sometimes crash an interpreter that shuts down beneath them.
    sys.stdout.flush()
    os._exit(0)


main()
