"""Requests in on standard input, JSON lines out on standard output: the embedded engine.

A request is one JSON object, `{"do": "solve", ...}`, `{"do": "create", ...}` or `{"do": "describe"}`; the
answer is any number of `{"type": "progress", "detail": ...}` lines and then one `{"type": "result", ...}` or
`{"type": "error", "code": ..., "message": ..., "suggestion": ..., "details": ...}`.

Without arguments it answers one request and ends. With `--stay CACHE` it answers solves until its standard input
ends, many at a time; each has an `id`, which its answer has too, and says in `index` which index of each
folder of the channels it means. What was read of a folder is kept for as long as its index is the same.
"""

import asyncio
import difflib
import hashlib
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import unquote, urlsplit

import rattler
from rattler import PackageCache, ValidationMode
from rattler.exceptions import (
    FetchRepoDataError,
    GatewayError,
    InvalidMatchSpecError,
    SolverError,
)
from rattler.package_streaming import PackageArchive

# What is true of every node of a cluster, whatever this build host is: the oldest common
# instruction set, and a kernel that every supported distribution has.
ARCHITECTURE = {"linux-64": "x86_64", "linux-aarch64": "aarch64"}
KERNEL = "4.18"

# Bytes; what stays where it is takes 100 for each package.
LONGEST_REQUEST = 16 * 1024 * 1024


class Refusal(Exception):
    def __init__(self, code, message, suggestion=None, details=None):
        super().__init__(message)
        self.fields = {"code": code, "message": message, "suggestion": suggestion, "details": details}


def write(kind, **fields):
    print(json.dumps({"type": kind, **fields}), flush=True)


def virtual_packages(platform, glibc):
    if glibc is None:
        detected = (package.into_generic() for package in rattler.VirtualPackage.detect())
        glibc = next((str(p.version) for p in detected if p.name.normalized == "__glibc"), "2.17")
    facts = [
        ("__unix", "0", "0"),
        ("__linux", KERNEL, "0"),
        ("__glibc", glibc, "0"),
        ("__archspec", "1", ARCHITECTURE[platform]),
    ]
    return [
        rattler.GenericVirtualPackage(
            rattler.PackageName(name), rattler.Version(version), rattler.BuildString(build)
        )
        for name, version, build in facts
    ]


def client_with(credentials):
    """rattler reads credentials from a file; this one is in the memory of this process, and nowhere else."""
    if not credentials:
        return rattler.Client.default_client()
    descriptor = os.memfd_create("credentials")
    try:
        os.write(descriptor, json.dumps(credentials).encode())
        os.environ["RATTLER_AUTH_FILE"] = f"/proc/self/fd/{descriptor}"
        return rattler.Client.default_client()
    finally:
        os.environ.pop("RATTLER_AUTH_FILE", None)
        os.close(descriptor)


class Repodata:
    """What was read of the channels, forgotten where their index is another one now."""

    def __init__(self, cache, credentials):
        self.cache = cache
        self.client = client_with(credentials)
        self.gateway = rattler.Gateway(cache_dir=cache / "repodata", client=self.client)
        self.file = cache / "repodata" / "tags.json"
        self.read = {}

    def settle(self, index):
        """Each row of the index: `{"channel": ..., "subdir": ..., "tag": ..., "state": ...}`.

        `state` is another number whenever the folder may hold something else than before. `tag` is what
        its server calls what it holds, null where nobody can tell: then rattler asks as it always does.
        """
        for row in index:
            place = f"{row['channel']}/{row['subdir']}"
            if self.read.get(place) != row["state"]:
                self.forget(place, row)
                self.read[place] = row["state"]

    def forget(self, place, row):
        # Its own copy on the disk rattler believes for as long as the server says (cache-control), and
        # that there are no shards it believes for ever.
        tag, is_copied = row["tag"], not row["channel"].startswith("file:")
        is_other = is_copied and tag is not None and self.tags().get(place) != tag
        channel = rattler.Channel(row["channel"])
        self.gateway.clear_repodata_cache(channel, [row["subdir"]], clear_disk=is_other)
        if is_other:
            # After the copy is gone: who is killed in between only removes it once more.
            self.keep({**self.tags(), place: tag})

    def tags(self):
        """Of what is in the copies on the disk. What cannot be read is not believed."""
        try:
            kept = json.loads(self.file.read_text())
        except (OSError, ValueError):
            return {}
        return kept if isinstance(kept, dict) else {}

    def keep(self, tags):
        part = self.file.with_name(f"tags-{os.getpid()}.part")
        try:
            part.parent.mkdir(parents=True, exist_ok=True)
            part.write_text(json.dumps(tags))
            part.replace(self.file)
        except OSError:
            # A full disk costs the next process a download.
            part.unlink(missing_ok=True)


class Session:
    def __init__(self, request, repodata=None):
        self.request = request
        self.subdirs = [request["platform"], "noarch"]
        repodata = repodata or Repodata(Path(request["cache"]), request["credentials"])
        self.packages = repodata.cache / "packages"
        self.client = repodata.client
        self.gateway = repodata.gateway

    async def solve(self):
        sources = [rattler.Channel(url) for url in self.request["channels"]]
        try:
            records = await rattler.solve(
                sources,
                self.request["specs"],
                gateway=self.gateway,
                platforms=self.subdirs,
                constraints=self.request["constraints"],
                virtual_packages=virtual_packages(self.request["platform"], self.request["glibc"]),
                channel_priority=rattler.ChannelPriority.Strict,
                # As conda does: an environment with Python has pip.
                add_pip_as_python_dependency=True,
                # Only the channels the operator named, never those a channel points to.
                channel_relations="disabled",
            )
        except SolverError as error:
            await self.refuse_missing(sources, str(error))
            raise Refusal("unsatisfiable", "", details=str(error)) from error
        return {"packages": [self.entry(record) for record in records]}

    def entry(self, record):
        return {
            "name": record.name.normalized,
            "version": str(record.version),
            "build": str(record.build),
            "subdir": record.subdir,
            "url": record.url,
            "sha256": record.sha256.hex() if record.sha256 else None,
            "md5": record.md5.hex() if record.md5 else None,
            "size": record.size,
        }

    async def refuse_missing(self, sources, details):
        """Names the first spec that no package of the channels can meet by itself."""
        names = {name.normalized for name in await self.gateway.names(sources, self.subdirs)}
        for text in self.request["specs"]:
            spec = rattler.MatchSpec(text)
            name = spec.name.normalized
            if name not in names:
                close = difflib.get_close_matches(name, names, n=3, cutoff=0.75)
                raise Refusal("package-not-found", name, ", ".join(close) or None, details)
            found = await self.gateway.query(sources, self.subdirs, [name], recursive=False)
            candidates = [record for records in found for record in records]
            if not any(record.matches(spec) for record in candidates):
                newest = sorted({record.version for record in candidates}, reverse=True)[:5]
                raise Refusal("version-not-found", text, ", ".join(map(str, newest)), details)

    async def create(self):
        for entry in self.request["packages"]:
            refuse_changed(entry)
        records = [await self.record(entry) for entry in self.request["packages"]]
        beside = [await self.record(entry) for entry in self.request["beside"]]
        told = [self.told_of(record) for record in beside]
        # An archive must not hold links into the package cache, and pip must not write through them.
        # Links that packages hold themselves stay links: forbidding symbolic ones would copy those.
        config = rattler.Config.from_toml("allow-hard-links = false")
        await rattler.install(
            records + beside,
            target_prefix=self.request["prefix"],
            # A file that is torn or wrong in the cache would be linked as it is; such a package is fetched anew.
            package_cache=PackageCache.new_layered(
                [self.packages], validation_mode=ValidationMode.full()
            ),
            client=self.client,
            config=config,
            execute_link_scripts=False,
            show_progress=False,
            installed_packages=[record for record, place in told],
            reporter=Reporter(records, self.packages),
        )
        for _, place in told:
            place.unlink()
        prefix = Path(self.request["prefix"])
        # The same layout as conda's: a marker of ours less, the history that makes it a prefix more.
        (prefix / "CACHEDIR.TAG").unlink(missing_ok=True)
        (prefix / "conda-meta").mkdir(parents=True, exist_ok=True)
        (prefix / "conda-meta" / "history").touch()
        return {}

    def told_of(self, record):
        """A package as if it were in the prefix, without a file of it, and the place of its record.

        The record lies there for the installer, which reads again what is in the prefix when it has
        linked the others and ends in a panic where that is not what it was told (py-rattler 0.28.0).
        """
        folder = Path(self.request["prefix"]) / "conda-meta"
        folder.mkdir(parents=True, exist_ok=True)
        told = rattler.PrefixRecord(record, rattler.PrefixPaths())
        place = folder / f"{record.name.normalized}-{record.version}-{record.build}.json"
        told.write_to_path(place, False)
        return told, place

    async def open(self, url):
        address = urlsplit(url)
        if address.scheme == "file":
            return await PackageArchive.from_path(unquote(address.path))
        return await PackageArchive.from_url(self.client, url)

    async def record(self, entry):
        """The channel's record of a locked package; of one the channel no longer lists, its own."""
        channel, subdir, file_name = entry["url"].rsplit("/", 2)
        found = await self.gateway.query(
            [rattler.Channel(channel)], [subdir], [entry["name"]], recursive=False
        )
        for record in (record for records in found for record in records):
            if record.url == entry["url"] and record.sha256 and record.sha256.hex() == entry["sha256"]:
                return record
        archive = await self.open(entry["url"])
        index = await archive.read_file("info/index.json")
        with tempfile.NamedTemporaryFile(suffix=".json") as file:
            file.write(index)
            file.flush()
            record = rattler.PackageRecord.from_index_json(
                Path(file.name), entry["size"], entry["sha256"], entry["md5"]
            )
        return rattler.RepoDataRecord(record, file_name, entry["url"], channel + "/")


def refuse_changed(entry):
    """Of a `file://` channel rattler checks no sha256; of all others it checks while it fetches."""
    address = urlsplit(entry["url"])
    if address.scheme != "file":
        return
    with open(unquote(address.path), "rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != entry["sha256"]:
        name = f"{entry['name']} {entry['version']}"
        raise Refusal(
            "package-changed", f"{name}: expected sha256 {entry['sha256']}, got {found}"
        )


def refuse_unsafe(folder, package):
    """Files and commands of a package lie in the prefix; `engines/package-paths.ts` has the rule for conda."""
    info = folder / "info"
    if (info / "paths.json").exists():
        paths = [row["_path"] for row in json.loads((info / "paths.json").read_text())["paths"]]
    else:
        paths = (info / "files").read_text().splitlines()
    points = []
    if (info / "link.json").exists():
        noarch = json.loads((info / "link.json").read_text()).get("noarch") or {}
        points = noarch.get("entry_points") or []
    for path in paths:
        if path.startswith("/") or ".." in path.split("/"):
            raise Refusal("package-unsafe", package, "file", path)
    for command in (point.split("=")[0].strip() for point in points):
        if "/" in command or command == "..":
            raise Refusal("package-unsafe", package, "command", command)


def refuse(error):
    """Ends the process with the reason, from whichever thread it is told."""
    kind, fields = refusal_of(error)
    write(kind, **fields)
    sys.stdout.flush()
    os._exit(0)


class Reporter(rattler.InstallerReporter):
    """Counts packages for people; the installer calls it from its own threads."""

    def __init__(self, records, packages):
        self.packages = packages
        self.records = {record.name.normalized: record for record in records}
        self.total = len(records)
        self.bytes = sum(record.size or 0 for record in records)
        self.fetched = {}
        self.reported = 0.0
        self.linked = 0

    def on_populate_cache_start(self, operation, package_name):
        write("log", line=f"fetch {package_name}")
        return operation

    def on_download_start(self, cache_entry):
        return cache_entry

    def on_download_progress(self, download_idx, progress, total):
        self.fetched[download_idx] = progress
        # Twice a second is enough for people, and keeps the line alive on a slow network.
        if time.monotonic() - self.reported >= 0.5:
            self.reported = time.monotonic()
            done = sum(self.fetched.values())
            write("progress", detail=f"{done / 1e6:.0f} MB of {self.bytes / 1e6:.0f} MB")

    def on_link_start(self, operation, package_name):
        """Looks at a package that is unpacked and not linked yet."""
        try:
            record = self.records[package_name]
            name = f"{package_name}-{record.version}-{record.build}"
            refuse_unsafe(self.packages / name, f"{package_name} {record.version}")
        except Exception as error:
            # An exception here stops nothing, and nothing of this package may be written.
            refuse(error)
        return operation

    def on_link_complete(self, index):
        self.linked += 1
        write("progress", detail=f"{self.linked} of {self.total} packages")


def classify(error):
    text = str(error)
    if "No space left on device" in text:
        return {"code": "disk-full", "message": text}
    if "hash mismatch" in text.lower() or "HashMismatch" in text:
        return {"code": "package-changed", "message": text}
    if isinstance(error, InvalidMatchSpecError):
        return {"code": "bad-spec", "message": text}
    if isinstance(error, (GatewayError, FetchRepoDataError)) or "error sending request" in text:
        return {"code": "channel-unreachable", "message": text}
    return {"code": "engine-failed", "message": text}


async def answer(work):
    """The line that ends an answer: its kind and its fields."""
    try:
        return "result", await work
    except Exception as error:
        return refusal_of(error)


def refusal_of(error):
    if isinstance(error, Refusal):
        return "error", error.fields
    return "error", {"suggestion": None, "details": repr(error), **classify(error)}


async def answer_one():
    request = json.loads(sys.stdin.readline())
    if request["do"] == "describe":
        return write("result", version=f"py-rattler {rattler.__version__}")
    session = Session(request)
    kind, fields = await answer({"solve": session.solve, "create": session.create}[request["do"]]())
    write(kind, **fields)


async def stay(cache):
    requests = asyncio.StreamReader(limit=LONGEST_REQUEST)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(requests), sys.stdin
    )
    # Made by the first request, which has the credentials.
    repodata = None
    one_at_a_time = asyncio.Lock()
    # The loop itself keeps only weak references to what runs.
    running = set()

    async def solve(request):
        nonlocal repodata
        if repodata is None:
            repodata = Repodata(cache, request["credentials"])
        async with one_at_a_time:
            await asyncio.to_thread(repodata.settle, request["index"])
        return await Session(request, repodata).solve()

    async def serve(request):
        kind, fields = await answer(solve(request))
        write(kind, id=request["id"], memory=own_memory(), **fields)

    while line := await requests.readline():
        task = asyncio.create_task(serve(json.loads(line)))
        running.add(task)
        task.add_done_callback(running.discard)
    # Nobody hears what is still at work.
    os._exit(0)


def own_memory():
    """Bytes that are this process's own; files that it maps are the system's to take back."""
    with open("/proc/self/status") as status:
        fields = dict(line.split(":", 1) for line in status)
    return int(fields["RssAnon"].split()[0]) * 1024


asyncio.run(stay(Path(sys.argv[2])) if sys.argv[1:2] == ["--stay"] else answer_one())
sys.stdout.flush()
# All is said and done, and the library's threads still run. Taking the interpreter down beneath them
# crashes it (py-rattler 0.28.0: SIGSEGV or SIGABRT in about 3 of 100 processes on a busy machine).
os._exit(0)
