/**
 * Packages whose conda name is not their name on PyPI, from conda-forge's own mapping
 * (`regro/cf-graph-countyfair`, `mappings/pypi/name_mapping.yaml`); only the widely used ones.
 */
const RENAMED: Readonly<Record<string, string>> = {
  blosc: 'python-blosc',
  build: 'python-build',
  docker: 'docker-py',
  duckdb: 'python-duckdb',
  graphviz: 'python-graphviz',
  kaleido: 'python-kaleido',
  msgpack: 'msgpack-python',
  'opencv-contrib-python': 'opencv',
  'opencv-python': 'opencv',
  'opencv-python-headless': 'opencv',
  'psycopg2-binary': 'psycopg2',
  pyqt5: 'pyqt',
  tables: 'pytables',
  torch: 'pytorch',
};

/** The name in conda of what PyPI calls so, of those the channels have; null for none of them. */
export function condaName(name: string, has: (name: string) => boolean): string | null {
  const renamed = Object.hasOwn(RENAMED, name) ? RENAMED[name] : undefined;
  // conda keeps `_` and `.`, which names on PyPI are compared without.
  const names = renamed ? [renamed] : ['-', '_', '.'].map((mark) => name.replaceAll('-', mark));
  return names.find((candidate) => has(candidate)) ?? null;
}
