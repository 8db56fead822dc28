import type { Lock } from './lock.ts';
import { normalName } from './pip.ts';

/**
 * Packages whose name on PyPI is not their conda name, from conda-forge's own mapping
 * (`regro/cf-graph-countyfair`, `mappings/pypi/name_mapping.yaml`); only the widely used ones.
 */
const RENAMED: Readonly<Record<string, string>> = {
  'apache-airflow': 'airflow',
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

/** Parts of what conda splits, and other conda packages that bring what PyPI has by another name. */
const BROUGHT: Readonly<Record<string, string>> = {
  'dask-core': 'dask',
  'matplotlib-base': 'matplotlib',
  'py-opencv': 'opencv-python',
  'py-xgboost': 'xgboost',
  'pyarrow-core': 'pyarrow',
  'python-flatbuffers': 'flatbuffers',
  'python-tzdata': 'tzdata',
  'ray-core': 'ray',
};

/** The name in conda of what PyPI calls so, of those the channels have; null for none of them. */
export function condaName(name: string, has: (name: string) => boolean): string | null {
  const renamed = Object.hasOwn(RENAMED, name) ? RENAMED[name] : undefined;
  // conda keeps `_` and `.`, which names on PyPI are compared without.
  const names = renamed ? [renamed] : ['-', '_', '.'].map((mark) => name.replaceAll('-', mark));
  return names.find((candidate) => has(candidate)) ?? null;
}

/** What PyPI calls what a conda package brings: often one name, the same. */
export function pipNames(conda: string): string[] {
  const renamed = Object.keys(RENAMED).filter((name) => RENAMED[name] === conda);
  const brought = Object.hasOwn(BROUGHT, conda) ? BROUGHT[conda] : undefined;
  if (brought !== undefined) return [brought, ...renamed];
  return renamed.length > 0 ? renamed : [normalName(conda)];
}

/** A Python package as pip knows it. */
export interface Distribution {
  name: string;
  version: string;
}

/**
 * What of conda's packages pip would find installed. A lock does not say which of them are Python
 * packages, but their builds do: `py311h9cd3_0`, `pyhd8ed1ab_0`, `cpu_py311_1`.
 */
export function distributionsOf({ packages }: Pick<Lock, 'packages'>): Distribution[] {
  return packages
    .filter(({ build }) => /(?:^|_)py(?:h|\d|_|$)/.test(build))
    .flatMap(({ name, version }) => pipNames(name).map((pip) => ({ name: pip, version })));
}
