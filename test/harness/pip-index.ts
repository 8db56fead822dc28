import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { laboratory } from '../../deploy/lab/laboratory.ts';
import { execFileSync } from './command.ts';

/** A wheel of an index: what it needs, and the tags of its file name. */
export interface IndexedWheel {
  name: string;
  version: string;
  requires?: readonly string[];
  /** `py3-none-any` where it is left out. */
  tag?: string;
  /** Paths in the wheel → content; by default a module of its name that knows its version. */
  files?: Record<string, string>;
}

/** The source of a package, as an index has it. */
export interface IndexedSdist {
  name: string;
  version: string;
  /** Paths below its top folder → content. */
  files: Record<string, string>;
}

const PROGRAM = `
import hashlib, io, json, sys, tarfile, zipfile
from pathlib import Path
root, pages = Path(sys.argv[1]), {}
asked = json.load(sys.stdin)

def link(file):
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    pages.setdefault(file.parent, []).append(f'<a href="{file.name}#sha256={digest}">{file.name}</a>')

for sdist in asked["sdists"]:
    stem = f"{sdist['name']}-{sdist['version']}"
    (root / sdist["name"]).mkdir(parents=True, exist_ok=True)
    file = root / sdist["name"] / f"{stem}.tar.gz"
    with tarfile.open(file, "w:gz") as archive:
        for path, text in sdist["files"].items():
            entry = tarfile.TarInfo(f"{stem}/{path}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    link(file)
for wheel in asked["wheels"]:
    name, version, tag = wheel["name"], wheel["version"], wheel.get("tag", "py3-none-any")
    module = name.replace("-", "_")
    home = root / name
    home.mkdir(parents=True, exist_ok=True)
    file = home / f"{module}-{version}-{tag}.whl"
    info = f"{module}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {each}\\n" for each in wheel.get("requires", []))
    files = wheel.get("files") or {f"{module}.py": f"version = '{version}'\\n"}
    files[f"{info}/METADATA"] = f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n{needs}"
    files[f"{info}/WHEEL"] = f"Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: {tag}\\n"
    files[f"{info}/RECORD"] = "".join(f"{path},,\\n" for path in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(file, "w") as archive:
        for path, text in files.items():
            archive.writestr(zipfile.ZipInfo(path), text)
    link(file)
for home, links in pages.items():
    (home / "index.html").write_text("\\n".join(links))
`;

/** Writes an index of these files (PEP 503), which can be served or read where it lies. */
export function writeIndex(
  folder: string,
  wheels: readonly IndexedWheel[],
  sdists: readonly IndexedSdist[] = [],
): string {
  const root = join(folder, 'simple');
  mkdirSync(root, { recursive: true });
  execFileSync(laboratory.python, ['-c', PROGRAM, root], {
    input: JSON.stringify({ wheels, sdists }),
  });
  return root;
}

/** For `{ skip }`: why packages of pip cannot be resolved here, or false. */
export function whyNoUv(): string | false {
  try {
    execFileSync(laboratory.python, ['-c', 'import uv; uv.find_uv_bin()'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'the Python of the lab has no uv: run `npm run prepare-lab` first';
  }
}
