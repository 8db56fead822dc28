"""Names what of an unpacked prefix is not what its archive holds.

    python archive-agrees.py ARCHIVE PREFIX

Everything in the archive must be there with its bytes. A file may differ only where it holds the path
of the prefix, which is written into it when it is unpacked.
"""

import os
import sys
import tarfile
import zipfile


def members(path):
    if path.endswith(".zip"):
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                is_link = (entry.external_attr >> 28) == 0xA
                if not entry.is_dir() and not is_link:
                    yield entry.filename, archive.read(entry)
    else:
        with tarfile.open(path) as archive:
            for entry in archive:
                if entry.isfile():
                    yield entry.name, archive.extractfile(entry).read()


archive, prefix = sys.argv[1:]
for name, wanted in members(archive):
    inside = name.split("/", 1)[1]
    path = os.path.join(prefix, inside)
    try:
        with open(path, "rb") as file:
            found = file.read()
    except OSError as error:
        print(f"{inside}: {error.strerror}")
        continue
    if found != wanted and os.fsencode(prefix) not in found and not inside.startswith("bin/conda-unpack"):
        print(f"{inside}: other bytes")
