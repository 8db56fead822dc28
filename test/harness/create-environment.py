"""Solves and installs with the library under pixi, and prints the packages as JSON.

    python create-environment.py CHANNEL PREFIX CACHE SPEC...
"""

import asyncio
import json
import os
import sys
from pathlib import Path

import rattler


async def create(channel, prefix, cache, *specs):
    records = await rattler.solve(
        [rattler.Channel(channel)],
        specs,
        # Its own folder, as well: nothing is shared with other processes.
        gateway=rattler.Gateway(cache_dir=Path(cache) / "repodata"),
        platforms=["linux-64", "noarch"],
        virtual_packages=rattler.VirtualPackage.detect(),
    )
    await rattler.install(
        records, target_prefix=Path(prefix), cache_dir=Path(cache), show_progress=False
    )
    print(json.dumps({r.name.normalized: str(r.version) for r in records}), flush=True)


asyncio.run(create(*sys.argv[1:]))
# py-rattler's threads still run, and sometimes crash an interpreter that shuts down beneath them.
os._exit(0)
