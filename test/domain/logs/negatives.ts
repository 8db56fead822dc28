import { inDriver, inWorker } from './support.ts';

const JVM = '\tat org.apache.spark.executor.Executor$TaskRunner.run(Executor.scala:623)';

/** Ordinary errors, and words that look like ours: none of these is the environment's. */
export const NOTHING_OF_OURS: Readonly<Record<string, string>> = {
  // The person's own Python.
  'iteritems in the own function': inWorker(
    `  File "/home/ana/jobs/score.py", line 21, in by_group
    for name, column in pdf.iteritems():
  File "./churn_tgz/churn/lib/python3.11/site-packages/pandas/core/generic.py", line 6299, in __getattr__
    return object.__getattribute__(self, name)`,
    "AttributeError: 'DataFrame' object has no attribute 'iteritems'",
  ),
  'an attribute a Spark DataFrame does not have': inDriver(
    `  File "/opt/spark/python/pyspark/sql/dataframe.py", line 3129, in __getattr__
    raise AttributeError(`,
    "AttributeError: 'DataFrame' object has no attribute 'iteritems'",
  ),
  'np.float in the own module': inDriver(
    `  File "/home/ana/jobs/features.py", line 8, in scale
    return x.astype(np.float)
  File "/srv/envs/churn/3/lib/python3.11/site-packages/numpy/__init__.py", line 305, in __getattr__
    raise AttributeError(__former_attrs__[attr])`,
    "AttributeError: module 'numpy' has no attribute 'float'.",
  ),
  'np.NaN in the own module': inDriver(
    `  File "/home/ana/jobs/features.py", line 9, in fill
    return np.NaN
  File "/srv/envs/churn/3/lib/python3.11/site-packages/numpy/__init__.py", line 397, in __getattr__`,
    'AttributeError: `np.NaN` was removed in the NumPy 2.0 release. Use `np.nan` instead.',
  ),
  'a tuple of the own that is too short': inWorker(
    '  File "/home/ana/jobs/score.py", line 40, in second\n    return row[1]',
    'IndexError: tuple index out of range',
  ),
  'a KeyError of pandas': inWorker(
    `  File "/home/ana/jobs/score.py", line 20, in by_group
    return pdf["totl"]
  File "./churn_tgz/churn/lib/python3.11/site-packages/pandas/core/indexes/base.py", line 3798, in get_loc
    raise KeyError(key) from err`,
    "KeyError: 'totl'",
  ),
  'a wrong argument of the own call': inDriver(
    '  File "/home/ana/jobs/score.py", line 33, in main\n    df.toPandas(copy=True)',
    "TypeError: toPandas() got an unexpected keyword argument 'copy'",
  ),
  'a wrong argument of a column function': inDriver(
    `  File "/opt/spark/python/pyspark/sql/utils.py", line 174, in wrapped
    return f(*args, **kwargs)`,
    "TypeError: col() got an unexpected keyword argument 'name'",
  ),
  'a wrong argument of pandas in the own function': inWorker(
    `  File "/home/ana/jobs/score.py", line 20, in by_group
    return pdf.drop("x", axis=1, inplcae=True)`,
    "TypeError: DataFrame.drop() got an unexpected keyword argument 'inplcae'",
  ),
  'a division by zero': inWorker(
    '  File "/home/ana/jobs/score.py", line 11, in rate\n    return a / b',
    'ZeroDivisionError: division by zero',
  ),
  'a lock that cannot be pickled': inDriver(
    '  File "/opt/spark/python/pyspark/serializers.py", line 468, in dumps\n    raise pickle.PicklingError(msg)',
    "_pickle.PicklingError: Could not serialize object: TypeError: cannot pickle '_thread.RLock' object",
  ),
  'the context in a function': inDriver(
    '  File "/opt/spark/python/pyspark/context.py", line 466, in __getnewargs__',
    'pyspark.errors.exceptions.base.PySparkRuntimeError: [CONTEXT_ONLY_VALID_ON_DRIVER] It appears that you are attempting to reference SparkContext from a broadcast variable, action, or transformation.',
  ),
  'an own class that the workers do not have': inWorker(
    `  File "/opt/spark/python/lib/pyspark.zip/pyspark/serializers.py", line 471, in loads
    return cloudpickle.loads(obj, encoding=encoding)`,
    "AttributeError: Can't get attribute 'Scorer' on <module '__main__' from '/opt/spark/python/lib/pyspark.zip/pyspark/daemon.py'>",
  ),
  'an attribute of the own object in its own state': inWorker(
    `  File "/opt/spark/python/lib/pyspark.zip/pyspark/serializers.py", line 471, in loads
    return cloudpickle.loads(obj, encoding=encoding)
  File "/home/ana/jobs/model.py", line 7, in __setstate__
    self._scale = state._scale`,
    "AttributeError: 'dict' object has no attribute '_scale'",
  ),
  'a flag of TensorFlow that is not parsed': inWorker(
    `  File "/opt/spark/python/lib/pyspark.zip/pyspark/serializers.py", line 419, in loads
    return pickle.loads(obj, encoding=encoding)
  File "/opt/envs/tf/lib/python3.6/site-packages/tensorflow/python/platform/flags.py", line 47, in __getattr__`,
    "KeyError: '__parsed'",
  ),
  'a circular import among own modules': inDriver(
    `  File "/home/ana/jobs/features.py", line 1, in <module>
    from model import score
  File "/home/ana/jobs/model.py", line 1, in <module>
    from features import scale`,
    "ImportError: cannot import name 'scale' from partially initialized module 'features' (most likely due to a circular import) (/home/ana/jobs/features.py)",
  ),
  'an own function that is not in an own module': inDriver(
    '  File "/home/ana/jobs/score.py", line 2, in <module>\n    from features import scle',
    "ImportError: cannot import name 'scle' from 'features' (/home/ana/jobs/features.py)",
  ),
  'a generator of the own': inWorker(
    '  File "/home/ana/jobs/score.py", line 13, in pairs\n    yield next(it)',
    'RuntimeError: generator raised StopIteration',
  ),
  'a syntax error of the own': `  File "/home/ana/jobs/score.py", line 14
    def score(row)
                 ^
SyntaxError: expected ':'`,
  'an assertion': inWorker(
    '  File "/home/ana/jobs/score.py", line 9, in check\n    assert n > 0',
    'AssertionError',
  ),
  'a recursion': inDriver(
    '  File "/home/ana/jobs/tree.py", line 9, in walk\n    return walk(node.left)',
    'RecursionError: maximum recursion depth exceeded',
  ),
  'an ASCII encoding that the program asked for': inWorker(
    '  File "/home/ana/jobs/score.py", line 31, in key\n    return name.encode("ascii")',
    "UnicodeEncodeError: 'ascii' codec can't encode character '\\xe9' in position 3: ordinal not in range(128)",
  ),
  'text of Python 2': inWorker(
    '  File "/home/ana/jobs/score.py", line 31, in key\n    return str(name)',
    "UnicodeEncodeError: 'ascii' codec can't encode character u'\\xe9' in position 3: ordinal not in range(128)",
  ),
  'bytes that are no UTF-8': inWorker(
    '  File "/home/ana/jobs/score.py", line 31, in text\n    return raw.decode("utf-8")',
    "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xe9 in position 3: invalid continuation byte",
  ),
  'a timeout of a request': inWorker(
    '  File "/home/ana/jobs/enrich.py", line 18, in lookup\n    return requests.get(url, timeout=5)',
    "requests.exceptions.ConnectTimeout: HTTPSConnectionPool(host='geo.example', port=443): Max retries exceeded with url: /v1 (Caused by ConnectTimeoutError(<urllib3.connection.HTTPSConnection object at 0x7f>, 'Connection to geo.example timed out. (connect timeout=5)'))",
  ),
  'a certificate that has expired': inWorker(
    '  File "/home/ana/jobs/enrich.py", line 18, in lookup\n    return requests.get(url)',
    "requests.exceptions.SSLError: HTTPSConnectionPool(host='geo.example', port=443): Max retries exceeded with url: /v1 (Caused by SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired (_ssl.c:1007)')))",
  ),
  'a certificate of another host': inWorker(
    '  File "/home/ana/jobs/enrich.py", line 18, in lookup\n    return requests.get(url)',
    "ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: Hostname mismatch, certificate is not valid for 'geo.example'. (_ssl.c:1129)",
  ),
  'a certificate that Java does not trust':
    'javax.net.ssl.SSLHandshakeException: sun.security.validator.ValidatorException: PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid certification path to requested target',
  'memory that is out, in Python': inWorker(
    '  File "/home/ana/jobs/score.py", line 9, in cross\n    return np.outer(a, b)',
    'numpy.core._exceptions._ArrayMemoryError: Unable to allocate 37.3 GiB for an array with shape (100000, 50000) and data type float64',
  ),
  'a worker killed for its memory': `26/11/23 01:00:00 WARN TaskSetManager: Lost task 3.0 in stage 2.0 (TID 11) (node4 executor 5): org.apache.spark.SparkException: Python worker exited unexpectedly (crashed)
Caused by: java.io.EOFException
26/11/23 01:00:01 ERROR YarnScheduler: Lost executor 5 on node4: Container killed by YARN for exceeding physical memory limits. 9.3 GB of 9 GB physical memory used.`,
  'a worker of a cancelled stage':
    '26/11/23 01:00:00 WARN TaskSetManager: Lost task 3.0 in stage 2.0 (TID 11) (node4 executor 5): TaskKilled (Stage cancelled)\n26/11/23 01:00:00 ERROR Executor: Exception in task 3.0 in stage 2.0 (TID 11): org.apache.spark.SparkException: Python worker exited unexpectedly (crashed)',
  'a pod out of memory': `The executor with id 4 exited with exit code 137(SIGKILL, possible container OOM).
The API gave the following container statuses:
	 container name: spark-kubernetes-executor
	 termination reason: OOMKilled`,
  'toPandas of a column that is too wide': inDriver(
    '  File "/opt/spark/python/pyspark/sql/pandas/conversion.py", line 202, in toPandas\n    pdf = pd.DataFrame.from_records(self.collect(), columns=self.columns)',
    'py4j.protocol.Py4JJavaError: An error occurred while calling o51.collectToPython.\n: org.apache.spark.SparkException: Job aborted due to stage failure: Total size of serialized results of 44 tasks (1025.4 MiB) is bigger than spark.driver.maxResultSize (1024.0 MiB)',
  ),
  'a date that pandas cannot hold': inDriver(
    `  File "/opt/spark/python/pyspark/sql/pandas/types.py", line 480, in _check_series_convert_timestamps_localize
    return s.dt.tz_localize(None)
  File "/srv/envs/churn/3/lib/python3.11/site-packages/pandas/_libs/tslibs/np_datetime.pyx", line 212, in check_dts_bounds`,
    'pandas._libs.tslibs.np_datetime.OutOfBoundsDatetime: Out of bounds nanosecond timestamp: 9999-12-31 00:00:00',
  ),
  'a type that a UDF may not give back': inWorker(
    '  File "/opt/spark/python/lib/pyspark.zip/pyspark/sql/pandas/serializers.py", line 225, in _create_array\n    raise e',
    'pyarrow.lib.ArrowTypeError: Expected a string or bytes dtype, got int64',
  ),
  'a result of the wrong length': inWorker(
    '  File "/opt/spark/python/lib/pyspark.zip/pyspark/worker.py", line 109, in verify_result_length',
    'RuntimeError: Result vector from pandas_udf was not the required length: expected 100, got 1',
  ),
  'the legacy flag of Arrow': inDriver(
    '  File "/opt/spark/python/pyspark/sql/pandas/utils.py", line 53, in require_minimum_pyarrow_version',
    'RuntimeError: Arrow legacy IPC format is not supported in PySpark, please unset ARROW_PRE_0_15_IPC_FORMAT',
  ),
  'a warning of matplotlib': inWorker(
    '  File "/home/ana/jobs/score.py", line 9, in plot\n    return axes[2]',
    'IndexError: list index out of range',
  ).replace(
    /^/,
    'Matplotlib created a temporary cache directory at /tmp/matplotlib-0ys because the default path (/home/.config/matplotlib) is not a writable directory; it is highly recommended to set the MPLCONFIGDIR environment variable to a writable directory\n',
  ),
  'a warning of the cache of transformers':
    'There was a problem when trying to write in your cache folder (/home/.cache/huggingface/hub). You should set the environment variable TRANSFORMERS_CACHE to a writable directory.\n26/11/23 01:00:00 INFO TaskSetManager: Finished task 0.0 in stage 0.0 (TID 0) in 9 ms on node1 (executor 1) (1/1)',
  'an output folder that is not writable': inDriver(
    '  File "/home/ana/jobs/report.py", line 9, in write\n    with open(path, "w") as out:',
    "PermissionError: [Errno 13] Permission denied: '/srv/reports/2026.csv'",
  ),
  'a key that may not be read': inDriver(
    '  File "/home/ana/jobs/report.py", line 9, in connect\n    paramiko.RSAKey.from_private_key_file(path)',
    "PermissionError: [Errno 13] Permission denied: '/home/etl/.ssh/id_rsa'",
  ),
  'a file of data that is not there, in a worker': inWorker(
    '  File "/home/ana/jobs/score.py", line 9, in load\n    return open("weights.json")',
    "FileNotFoundError: [Errno 2] No such file or directory: 'weights.json'",
  ),
  'an own zip that is not there': inDriver(
    '  File "/home/ana/jobs/score.py", line 9, in load\n    return zipfile.ZipFile("in.zip")',
    "FileNotFoundError: [Errno 2] No such file or directory: '/data/in.zip'",
  ),
  'a port that is taken': inDriver(
    '  File "/home/ana/jobs/serve.py", line 9, in main\n    server.bind(("", 8080))',
    'OSError: [Errno 98] Address already in use',
  ),
  'a database that refuses': inWorker(
    '  File "/home/ana/jobs/score.py", line 9, in rows\n    connect()',
    'psycopg2.OperationalError: could not connect to server: Connection refused',
  ),
  'an option the program does not know':
    'usage: score.py [-h] --date DATE\nscore.py: error: unrecognized arguments: --dat\n26/11/23 01:00:00 INFO ShutdownHookManager: Shutdown hook called',
  'an exit of the program': inDriver(
    '  File "/home/ana/jobs/score.py", line 80, in main\n    sys.exit(3)',
    'SystemExit: 3',
  ),

  // SQL and data.
  'a column that is not there':
    "pyspark.errors.exceptions.captured.AnalysisException: [UNRESOLVED_COLUMN.WITH_SUGGESTION] A column or function parameter with name `totl` cannot be resolved. Did you mean one of the following? [`total`].;\n'Project ['totl]",
  'a syntax error of SQL':
    "pyspark.errors.exceptions.captured.ParseException: [PARSE_SYNTAX_ERROR] Syntax error at or near 'FORM'.(line 1, pos 9)",
  'a data source whose jar is missing':
    'py4j.protocol.Py4JJavaError: An error occurred while calling o40.load.\n: org.apache.spark.SparkClassNotFoundException: [DATA_SOURCE_NOT_FOUND] Failed to find the data source: delta. Please find packages at `https://spark.apache.org/third-party-projects.html`.\nCaused by: java.lang.ClassNotFoundException: delta.DefaultSource',
  'a driver of JDBC that is missing':
    ': java.sql.SQLException: No suitable driver\n\tat java.sql/java.sql.DriverManager.getDriver(DriverManager.java:298)',
  'a file system of data whose jar is missing':
    'py4j.protocol.Py4JJavaError: An error occurred while calling o34.parquet.\n: org.apache.hadoop.fs.UnsupportedFileSystemException: No FileSystem for scheme "s3"\n\tat org.apache.hadoop.fs.FileSystem.getFileSystemClass(FileSystem.java:3443)\n\tat org.apache.spark.sql.execution.datasources.DataSource.resolveRelation(DataSource.scala:366)',
  'the jar of another library that is missing': inDriver(
    '  File "/srv/envs/churn/3/lib/python3.11/site-packages/graphframes/graphframe.py", line 65, in __init__\n    self._jvm_gf_api = _java_api(self._sc)',
    "TypeError: 'JavaPackage' object is not callable",
  ),
  'the jar of an estimator that is missing': inDriver(
    `  File "/srv/envs/churn/3/lib/python3.11/site-packages/synapse/ml/lightgbm/LightGBMClassifier.py", line 100, in __init__
    self._java_obj = self._new_java_obj("com.microsoft.azure.synapse.ml.lightgbm.LightGBMClassifier", self.uid)
  File "/opt/spark/python/pyspark/ml/wrapper.py", line 86, in _new_java_obj
    return java_obj(*java_args)`,
    "TypeError: 'JavaPackage' object is not callable",
  ),
  'a class of the own jar that is not in the JVM': inDriver(
    '  File "/opt/spark/python/lib/py4j-0.10.9.7-src.zip/py4j/java_gateway.py", line 1725, in __getattr__',
    'py4j.protocol.Py4JError: com.acme.Scorer.score does not exist in the JVM',
  ),
  'a context that may not be pickled':
    'py4j.protocol.Py4JError: An error occurred while calling o33.__getnewargs__. Trace:\npy4j.Py4JException: Method __getnewargs__([]) does not exist',
  'operators without brackets':
    'py4j.protocol.Py4JError: An error occurred while calling o75.and. Trace:\npy4j.Py4JException: Method and([class java.lang.String]) does not exist',
  'a wrong argument for Java':
    'py4j.Py4JException: Method sample([class java.lang.String]) does not exist\n\tat py4j.reflection.ReflectionEngine.getMethod(ReflectionEngine.java:318)',
  'a jar for another Scala':
    'java.lang.NoSuchMethodError: scala.Predef$.refArrayOps([Ljava/lang/Object;)Lscala/collection/mutable/ArrayOps;\n\tat com.acme.Loader.load(Loader.scala:11)',
  'an own jar for a newer Java':
    'java.lang.UnsupportedClassVersionError: com/acme/Scorer has been compiled by a more recent version of the Java Runtime (class file version 61.0), this version of the Java Runtime only recognizes class file versions up to 52.0',
  'an own class that changed':
    'java.io.InvalidClassException: com.acme.Model; local class incompatible: stream classdesc serialVersionUID = 1, local class serialVersionUID = 2',
  'S3 that refuses':
    'java.nio.file.AccessDeniedException: s3a://lake/sales: getFileStatus on s3a://lake/sales: com.amazonaws.services.s3.model.AmazonS3Exception: Forbidden (Service: Amazon S3; Status Code: 403; Error Code: 403 Forbidden)',
  'a table of another owner in HDFS':
    'org.apache.hadoop.security.AccessControlException: Permission denied: user=ana, access=WRITE, inode="/user/bob/out":bob:hdfs:drwxr-xr-x',
  'a warehouse that may not be written':
    'org.apache.hadoop.security.AccessControlException: Permission denied: user=ana, access=WRITE, inode="/apps/hive/warehouse/sales":hive:hadoop:drwxrwx--x',
  'a static setting of SQL':
    'pyspark.sql.utils.AnalysisException: Cannot modify the value of a static config: spark.sql.warehouse.dir',
  'the warning about an existing session':
    '26/11/23 01:00:00 WARN SparkSession: Using an existing Spark session; only runtime SQL configurations will take effect.\n26/11/23 01:00:02 INFO TaskSetManager: Finished task 0.0 in stage 0.0 (TID 0) in 9 ms on node1 (executor 1) (1/1)',

  // The JVM and its native parts.
  'a native part of a jar that needs a newer C library': `java.lang.UnsatisfiedLinkError: /tmp/liblightgbm3471.so: /lib64/libc.so.6: version \`GLIBC_2.27' not found (required by /tmp/liblightgbm3471.so)
	at java.lang.ClassLoader$NativeLibrary.load(Native Method)
	at com.microsoft.ml.lightgbm.lightgbmlibJNI.<clinit>(lightgbmlibJNI.java:12)`,
  'a native part of a jar that needs a newer C++ library': `Exception in thread "main" java.lang.UnsatisfiedLinkError: /tmp/librocksdbjni98.so: /usr/lib64/libstdc++.so.6: version \`CXXABI_1.3.8' not found (required by /tmp/librocksdbjni98.so)
	at java.lang.ClassLoader$NativeLibrary.load(Native Method)`,
  'a native part of a jar on a mount without execution': `java.lang.UnsatisfiedLinkError: /tmp/snappy-1.1.8-libsnappyjava.so: failed to map segment from shared object: Operation not permitted
	at java.lang.ClassLoader$NativeLibrary.load(Native Method)`,
  'CUDA that is missing, in Java':
    'java.lang.UnsatisfiedLinkError: /tmp/rmm38.so: libcudart.so.11.0: cannot open shared object file: No such file or directory\n\tat java.lang.ClassLoader$NativeLibrary.load(Native Method)',
  'a crash of the JVM': `#
# A fatal error has been detected by the Java Runtime Environment:
#
#  SIGSEGV (0xb) at pc=0x00007f2b5c0e1f6d, pid=1234, tid=1250
#
# Problematic frame:
# C  [libxgboost4j5211.so+0x2f0f6d]  xgboost::obj::RegLossObj
#`,
  'an executor that aborted':
    'ExecutorLostFailure (executor 5 exited caused by one of the running tasks) Reason: \nThe executor with id 5 exited with exit code 134(unexpected).',
  'illegal reflection, as a warning':
    'WARNING: An illegal reflective access operation has occurred\nWARNING: Illegal reflective access by org.apache.spark.unsafe.Platform (file:/opt/spark/jars/spark-unsafe_2.12-3.1.2.jar) to constructor java.nio.DirectByteBuffer(long,int)\nWARNING: All illegal access operations will be denied in a future release',
  'a heap that is full': `java.lang.OutOfMemoryError: GC overhead limit exceeded\n${JVM}`,
  'a shuffle that is lost':
    'org.apache.spark.shuffle.MetadataFetchFailedException: Missing an output location for shuffle 3 partition 0',
  'a broadcast that takes too long':
    'org.apache.spark.SparkException: Could not execute broadcast in 300 secs. You can increase the timeout for broadcasts via spark.sql.broadcastTimeout',
  'a queue that is full':
    '26/11/23 01:00:00 WARN YarnScheduler: Initial job has not accepted any resources; check your cluster UI to ensure that workers are registered and have sufficient resources',
  'a queue that is not there':
    'Exception in thread "main" org.apache.spark.SparkException: Failed to submit application_1_0001 to YARN : Application application_1_0001 submitted by user ana to unknown queue: team',
  'a container that asks for too much':
    'java.lang.IllegalArgumentException: Required executor memory (32768 MB), offHeap memory (0) MB, overhead (3276 MB), and PySpark memory (0 MB) is above the max threshold (16384 MB) of this cluster!',
  'a master that does not answer':
    'org.apache.spark.SparkException: Could not connect to spark://master:7077\nCaused by: java.io.IOException: Failed to connect to master/10.0.0.2:7077\nCaused by: java.net.ConnectException: Connection refused',
  'an accept that timed out elsewhere':
    'java.net.SocketTimeoutException: Accept timed out\n\tat java.net.ServerSocket.implAccept(ServerSocket.java:545)\n\tat com.acme.Feed.listen(Feed.java:9)',
  'a gateway that ended':
    'pyspark.errors.exceptions.base.PySparkRuntimeError: [JAVA_GATEWAY_EXITED] Java gateway process exited before sending its port number.',
  'a Java side that is gone':
    'py4j.protocol.Py4JNetworkError: Answer from Java side is empty\nConnectionRefusedError: [Errno 111] Connection refused',

  'a quota on the folder of the results':
    'py4j.protocol.Py4JJavaError: An error occurred while calling o71.parquet.\n: org.apache.hadoop.hdfs.protocol.DSQuotaExceededException: The DiskSpace quota of /data/scores is exceeded: quota = 1024 B = 1 KB but diskspace consumed = 2048 B',
  'a quota met by the tasks that write':
    'org.apache.hadoop.hdfs.protocol.NSQuotaExceededException: The NameSpace quota (directories and files) of directory /data/scores is exceeded: quota=1000 file count=1001\n\tat org.apache.spark.sql.execution.datasources.FileFormatWriter$.executeTask(FileFormatWriter.scala:302)',
  'a class of the script, looked for in the main module': inWorker(
    '  File "/opt/spark/python/lib/pyspark.zip/pyspark/serializers.py", line 471, in loads\n    return cloudpickle.loads(obj, encoding=encoding)',
    "AttributeError: Can't get attribute 'Scorer' on <module 'pyspark.daemon' from '/opt/spark/python/lib/pyspark.zip/pyspark/daemon.py'>",
  ),
  'a class of a notebook, looked for in its kernel': inWorker(
    '  File "/home/ana/jobs/score.py", line 9, in load\n    return pickle.load(f)',
    "AttributeError: Can't get attribute 'Scorer' on <module '__main__' from '/srv/envs/churn/3/lib/python3.11/site-packages/ipykernel_launcher.py'>",
  ),

  // Words about our things.
  'a message of a log that speaks of a crash':
    '2026-11-23 01:00:00,123 INFO myapp.notes - last week: Python worker exited unexpectedly (crashed), restarted\n2026-11-23 01:00:01,123 INFO myapp.notes - PYTHONHASHSEED and Randomness of hash of string should be disabled via PYTHONHASHSEED',
  'a note on distutils':
    '/srv/envs/churn/3/lib/python3.11/site-packages/setuptools/_distutils_hack/__init__.py:33: UserWarning: Setuptools is replacing distutils.\n/opt/spark/python/pyspark/sql/pandas/utils.py:37: DeprecationWarning: distutils Version classes are deprecated. Use packaging.version instead.',
  'a warning about the Python of the future':
    "DeprecationWarning: the imp module is deprecated in favour of importlib; see the module's documentation for alternative uses",
  'a warning about sklearn versions':
    'InconsistentVersionWarning: Trying to unpickle estimator LogisticRegression from version 1.2.2 when using version 1.3.0. This might lead to breaking code or invalid results.',
  'an optional package that was tried and logged':
    "WARNING:root:fastparquet is not used: No module named 'fastparquet'\nWARNING:py.warnings:Missing optional dependency 'numba'",
  'a hint in an exception of the own': inWorker(
    '  File "/home/ana/jobs/score.py", line 9, in check\n    raise ValueError("set it")',
    'ValueError: export MPLCONFIGDIR? ask Ana',
  ).replace('export MPLCONFIGDIR? ask Ana', 'ask Ana about certificates and locales'),
};
