/**
 * What is known of modules without asking a channel: which packages have the ones people import
 * most, and which come with Python itself.
 */

/** Import name → conda package, where the two differ. The channel's own records know better. */
const PACKAGE_OF: Readonly<Record<string, string>> = {
  attr: 'attrs',
  bs4: 'beautifulsoup4',
  bson: 'pymongo',
  community: 'python-louvain',
  confluent_kafka: 'python-confluent-kafka',
  Crypto: 'pycryptodome',
  Cryptodome: 'pycryptodomex',
  cv2: 'opencv',
  dateutil: 'python-dateutil',
  delta: 'delta-spark',
  dns: 'dnspython',
  docx: 'python-docx',
  dotenv: 'python-dotenv',
  duckdb: 'python-duckdb',
  faiss: 'faiss-cpu',
  fitz: 'pymupdf',
  flask_sqlalchemy: 'flask-sqlalchemy',
  git: 'gitpython',
  'google.cloud.bigquery': 'google-cloud-bigquery',
  'google.cloud.storage': 'google-cloud-storage',
  'google.protobuf': 'protobuf',
  google: 'protobuf',
  graphviz: 'python-graphviz',
  grpc: 'grpcio',
  grpc_status: 'grpcio-status',
  hdfs: 'python-hdfs',
  igraph: 'python-igraph',
  imblearn: 'imbalanced-learn',
  jose: 'python-jose',
  jwt: 'pyjwt',
  kafka: 'kafka-python',
  ldap: 'python-ldap',
  Levenshtein: 'python-levenshtein',
  lzo: 'python-lzo',
  magic: 'python-magic',
  mpl_toolkits: 'matplotlib',
  MySQLdb: 'mysqlclient',
  mysql: 'mysql-connector-python',
  OpenSSL: 'pyopenssl',
  osgeo: 'gdal',
  past: 'future',
  PIL: 'pillow',
  pkg_resources: 'setuptools',
  pptx: 'python-pptx',
  prompt_toolkit: 'prompt-toolkit',
  pytorch_lightning: 'pytorch-lightning',
  ruamel: 'ruamel.yaml',
  sentence_transformers: 'sentence-transformers',
  serial: 'pyserial',
  skimage: 'scikit-image',
  sklearn: 'scikit-learn',
  slack_sdk: 'slack-sdk',
  slugify: 'python-slugify',
  snappy: 'python-snappy',
  'snowflake.connector': 'snowflake-connector-python',
  snowflake: 'snowflake-connector-python',
  sentry_sdk: 'sentry-sdk',
  skopt: 'scikit-optimize',
  socks: 'pysocks',
  tables: 'pytables',
  tensorflow_probability: 'tensorflow-probability',
  tlz: 'toolz',
  torch: 'pytorch',
  umap: 'umap-learn',
  websocket: 'websocket-client',
  win32com: 'pywin32',
  Xlib: 'python-xlib',
  yaml: 'pyyaml',
  zmq: 'pyzmq',
};

/** Packages of channels whose import name is their own: any other module may be a person's own. */
const PUBLISHED = new Set(
  `absl aiohttp altair anndata argcomplete arrow asyncpg avro azure babel black blosc boto3 botocore
  bokeh bottleneck cachetools cartopy catboost category_encoders certifi cffi chardet charset_normalizer
  click cloudpickle colorama configparser cryptography cupy cvxpy cython cytoolz dask databricks datasets
  deap dill distributed docopt elasticsearch ephem evaluate faker fastapi fastavro fastparquet
  feather featuretools filelock fiona flask folium fsspec fugue future gcsfs gensim geopandas geopy
  google great_expectations h2o h3 h5py haversine hdbscan hmmlearn holidays httpx hyperopt idna
  implicit IPython ipykernel jax jellyfish jinja2 jmespath joblib jsonpath_ng jsonschema keras koalas
  langchain lifelines lightfm lightgbm llvmlite loguru lxml markdown markupsafe matplotlib mlflow
  mmh3 more_itertools msgpack mysql networkx nltk numba numexpr numpy onnx onnxruntime openai
  openpyxl optuna orjson packaging pandas pandera paramiko patsy pendulum petastorm phonenumbers
  pika plotly polars portalocker presidio_analyzer prettytable prophet protobuf psutil psycopg psycopg2
  py7zr pyarrow pyasn1 pycountry pydantic pydeequ pygments pyhive pyLDAvis pymc pymongo pymysql pyodbc
  pyproj pyspark_dist_explore pyspellchecker pystan pytest pythainlp pytz pywt rapidfuzz rasterio ray
  redis regex requests retry retrying rich rtree s3fs s3transfer sagemaker sasl scipy seaborn
  sentencepiece seqeval setuptools shap shapely simplejson six smart_open snowballstemmer sortedcontainers
  spacy sparse spglib splink sqlalchemy sqlglot sqlparse statsmodels stringcase sympy tabulate tenacity tensorboard
  tensorflow textblob tf_keras theano thinc thrift tokenizers toml toolz toree torchaudio torchvision tornado
  tqdm traitlets transformers treelib tzlocal ua_parser ujson unidecode urllib3 user_agents vaderSentiment
  werkzeug wordcloud wrapt xarray xgboost xlrd xlsxwriter xlwt xmltodict zarr zstandard`.split(
    /\s+/,
  ),
);

/** Came with some Python and is gone from another one: never a package that is missing. */
const OF_PYTHON = new Set(
  `_bootlocale _ctypes _lzma _bz2 _sqlite3 _ssl asynchat asyncore audioop binhex cgi cgitb crypt distutils
  imghdr imp lib2to3 mailcap msilib nis nntplib ossaudiodev pipes smtpd sndhdr spwd sunau
  telnetlib typing uu xdrlib __builtin__ _winreg anydbm BaseHTTPServer ConfigParser Cookie cookielib
  copy_reg cPickle cProfile cStringIO httplib HTMLParser Queue SocketServer StringIO
  Tkinter urllib2 urlparse UserDict xmlrpclib _collections_abc abc ast asyncio builtins collections
  concurrent contextlib contextvars copyreg dataclasses datetime email encodings enum functools graphlib html http importlib
  inspect io json logging multiprocessing operator os pathlib pickle queue random re secrets
  selectors signal socket sqlite3 ssl statistics string struct subprocess sys tempfile threading
  time tomllib traceback types unittest urllib uuid warnings weakref xml zipfile zoneinfo`.split(
    /\s+/,
  ),
);
const PYTHON_2 = new Set(
  `__builtin__ _winreg anydbm BaseHTTPServer ConfigParser Cookie cookielib copy_reg cPickle
  cStringIO httplib HTMLParser Queue SocketServer StringIO Tkinter urllib2 urlparse
  UserDict xmlrpclib`.split(/\s+/),
);

const topOf = (module: string): string => module.split('.')[0] ?? '';

/** Part of Python itself, of whichever version. */
export function isOfPython(module: string): boolean {
  return OF_PYTHON.has(topOf(module));
}

/** Left Python with version 3. */
export function isOfPython2(module: string): boolean {
  return PYTHON_2.has(topOf(module));
}

/** Whether people get the module from a channel, as far as is known here. */
export function isPublished(module: string): boolean {
  const top = topOf(module);
  // Spark names the packages it asks for: `Pandas`, `PyArrow`.
  return PUBLISHED.has(top) || PUBLISHED.has(top.toLowerCase()) || Object.hasOwn(PACKAGE_OF, top);
}

/**
 * The conda packages that have `module`, likeliest first; empty when it is nobody's that is known
 * here, so most likely a person's own.
 */
export function packagesWith(module: string): readonly string[] {
  for (let name = module; name !== ''; name = name.slice(0, Math.max(0, name.lastIndexOf('.')))) {
    const known = Object.hasOwn(PACKAGE_OF, name) ? PACKAGE_OF[name] : undefined;
    if (known !== undefined) return [known];
  }
  if (!isPublished(module)) return [];
  return [topOf(module).toLowerCase().replaceAll('_', '-')];
}
