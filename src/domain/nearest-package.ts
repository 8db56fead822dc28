import { packagesWith } from './diagnosis/modules.ts';
import { bitsIn, editDistance, lettersOf } from './near-names.ts';

/** A package that may have been meant, with a version that was glued to its name: `python3.11`. */
export interface Meant {
  name: string;
  version: string | null;
}

/**
 * Names of PyPI, and of modules written with capitals, and conda-forge's own for the same; other
 * modules are known to `packagesWith`.
 */
const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  bio: ['biopython'],
  cairo: ['pycairo'],
  'confluent-kafka': ['python-confluent-kafka'],
  crypto: ['pycryptodome'],
  cv2: ['opencv', 'py-opencv'],
  gi: ['pygobject'],
  levenshtein: ['python-levenshtein'],
  msgpack: ['msgpack-python'],
  mysqldb: ['mysqlclient'],
  nacl: ['pynacl'],
  'opencv-contrib-python': ['opencv', 'py-opencv'],
  'opencv-python': ['opencv', 'py-opencv'],
  'opencv-python-headless': ['opencv', 'py-opencv'],
  pil: ['pillow'],
  'psycopg2-binary': ['psycopg2'],
  skopt: ['scikit-optimize'],
  spark: ['pyspark'],
  'tensorflow-gpu': ['tensorflow'],
  torch: ['pytorch'],
  usb: ['pyusb'],
  wx: ['wxpython'],
};

/** conda's own names for what people know under another, likeliest first, whether a channel has them or not. */
export function condaNames(name: string): readonly string[] {
  const known = Object.hasOwn(OTHER_NAMES, name) ? OTHER_NAMES[name] : undefined;
  return known ?? packagesWith(name).filter((other) => other !== name);
}

/** Of two names equally near, the one more people ask for: the most asked for first. */
const POPULAR = new Map(
  `python numpy pandas scipy matplotlib scikit-learn pyarrow pyspark requests jupyter ipython
  ipykernel notebook jupyterlab seaborn statsmodels sympy numba cython pillow pyyaml pytest six
  tqdm xgboost lightgbm pytorch tensorflow keras nltk spacy gensim dask polars sqlalchemy boto3
  s3fs fsspec flask django fastapi pydantic networkx plotly bokeh openpyxl lxml beautifulsoup4
  scikit-image opencv h5py pytables geopandas shapely prophet optuna mlflow catboost joblib pip
  setuptools wheel protobuf grpcio psycopg2 pymongo redis-py cryptography attrs click rich`
    .split(/\s+/)
    .map((name, place) => [name, place]),
);

/** The place among the packages that most people ask for, from 0; null for any other. */
export function popularity(name: string): number | null {
  return POPULAR.get(name) ?? null;
}

const MOST = 3;

/**
 * What may have been meant by a name that no channel has, likeliest first: another name for the
 * same, another separator, Python's usual additions, a version glued on, or a slip of the keys.
 */
export function meantBy(name: string, known: ReadonlySet<string>): Meant[] {
  const glued = gluedVersion(name, known);
  if (glued) return [glued];
  const alike = [
    ...condaNames(name),
    ...[`python-${name}`, `py${name}`, `${name}-python`, `${name}-py`, `${name}4`],
    name.replace(/^(?:python-|py-?)/, ''),
    name.replace(/(?:-python|-py|\d)$/, ''),
  ];
  const exact = [...new Set(alike)].filter((other) => other !== name && known.has(other));
  const separated = exact.length > 0 ? [] : [...known].filter(sameButSeparators(name));
  const found =
    exact.length + separated.length > 0 ? [...exact, ...separated] : nearest(name, known);
  return found.slice(0, MOST).map((other) => ({ name: other, version: null }));
}

/** conda's own name for what people know under another, whether a channel has it or not. */
export function condaName(name: string): string | null {
  return condaNames(name)[0] ?? null;
}

/** `python3.11`, `numpy-1.26.4`, and `py311` for Python itself. */
function gluedVersion(name: string, known: ReadonlySet<string>): Meant | null {
  const python = /^py(\d)(\d+)$/.exec(name);
  if (python && known.has('python'))
    return { name: 'python', version: `${python[1]}.${python[2]}` };
  const [, base = '', version = ''] = /^(.*?[a-z])[-_]?(\d+(?:\.\d+)*)$/.exec(name) ?? [];
  return known.has(base) ? { name: base, version } : null;
}

function sameButSeparators(name: string): (other: string) => boolean {
  const bare = withoutSeparators(name);
  // Cheap first: the largest channel has tens of thousands of names.
  return (other) => Math.abs(other.length - name.length) <= 3 && withoutSeparators(other) === bare;
}

function withoutSeparators(name: string): string {
  return name.replace(/[-_.]/g, '');
}

/** Names within two slips of the keys, one in a short name: the nearest only. */
function nearest(name: string, known: Iterable<string>): string[] {
  const limit = name.length <= 4 ? Math.min(1, name.length - 1) : 2;
  const letters = lettersOf(name);
  let best = limit;
  let found: string[] = [];
  for (const other of known) {
    if (Math.abs(other.length - name.length) > best) continue;
    // Each slip changes at most two kinds of letters.
    if (bitsIn(lettersOf(other) ^ letters) > 2 * best) continue;
    const distance = editDistance(name, other);
    if (distance > best) continue;
    if (distance < best) found = [];
    best = distance;
    found.push(other);
  }
  const rank = (other: string) => (POPULAR.has(other) ? 0 : 2) + (other[0] === name[0] ? 0 : 1);
  return found.sort((left, right) => rank(left) - rank(right) || (left < right ? -1 : 1));
}
