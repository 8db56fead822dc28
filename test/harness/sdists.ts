import type { IndexedSdist, IndexedWheel } from './pip-index.ts';

/** A build backend in one module: what it makes, and what is compiled, stands in the source. */
const BACKEND = `
import json, os, pathlib, subprocess, sysconfig, zipfile

def build_wheel(directory, config_settings=None, metadata_directory=None):
    here = pathlib.Path.cwd()
    told = json.loads((here / "told.json").read_text())
    exec((here / "prepare.py").read_text(), {}) if (here / "prepare.py").exists() else None
    module, info = told["name"].replace("-", "_"), f"{told['name'].replace('-', '_')}-{told['version']}.dist-info"
    files = {path.name: path.read_bytes() for path in here.glob("*.py") if path.name != "prepare.py"}
    for source in here.glob("*.c"):
        made = f"{source.stem}{sysconfig.get_config_var('EXT_SUFFIX')}"
        subprocess.run(["cc", "-g", *os.environ["CFLAGS"].split(), "-shared", "-fPIC", "-I", sysconfig.get_path("include"), source.name, "-o", made], check=True)
        files[made] = (here / made).read_bytes()
    needs = "".join(f"Requires-Dist: {each}\\n" for each in told.get("requires", []))
    files[f"{info}/METADATA"] = f"Metadata-Version: 2.1\\nName: {told['name']}\\nVersion: {told['version']}\\n{needs}"
    files[f"{info}/WHEEL"] = "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
    files[f"{info}/RECORD"] = "".join(f"{path},,\\n" for path in [*files, f"{info}/RECORD"])
    name = f"{module}-{told['version']}-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(directory) / name, "w") as wheel:
        for path, content in files.items():
            wheel.writestr(zipfile.ZipInfo(path), content)
    return name
`;

/** Builds the sdists below; needs a package itself, as backends do. */
export const BACKENDS: readonly IndexedWheel[] = [
  { name: 'tinybuild', version: '1.0', requires: ['tinyhelp'], files: { 'tinybuild.py': BACKEND } },
  { name: 'tinyhelp', version: '1.0' },
];

interface Source {
  name: string;
  version?: string;
  /** What it says that it needs, before it is built and after. */
  requires?: readonly string[];
  /** What its build needs; by default the backend of the tests. */
  build?: readonly string[];
  /** What a wheel of it says; by default what the sdist does. */
  built?: { name?: string; version?: string; requires?: readonly string[] };
  /** Runs when it is built, in its folder. */
  prepare?: string;
  /** Further files; by default a module of its name that knows its version. */
  files?: Record<string, string>;
}

/** An sdist for the backend of the tests. */
export function sdist({ name, version = '1.0', ...source }: Source): IndexedSdist {
  const { requires = [], build = ['tinybuild'], built, prepare, files } = source;
  const info = ['Metadata-Version: 2.2', `Name: ${name}`, `Version: ${version}`];
  const needs = requires.map((each) => `Requires-Dist: ${each}`);
  return {
    ...{ name, version },
    files: {
      'PKG-INFO': `${[...info, ...needs].join('\n')}\n`,
      'pyproject.toml': `[build-system]\nrequires = ${JSON.stringify(build)}\nbuild-backend = "tinybuild"\n`,
      'told.json': JSON.stringify({ name, version, requires, ...built }),
      ...(prepare === undefined ? {} : { 'prepare.py': prepare }),
      ...(files ?? { [`${name}.py`]: `version = '${version}'\n` }),
    },
  };
}
