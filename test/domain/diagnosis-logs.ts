import type { FailureId } from '../../src/domain/diagnosis.ts';
import { ASKED_FAILURES } from './logs/asked.ts';
import { NOTHING_OF_OURS } from './logs/negatives.ts';
import { SUPPORT_FAILURES } from './logs/support.ts';

/** Lines in the exact wording of Spark, Hadoop, Python and their tools, by the cause they show. */
export const FAILURES: Readonly<Record<FailureId, readonly string[]>> = {
  ...SUPPORT_FAILURES,
  ...ASKED_FAILURES,
  'exec-bit-lost': [
    `26/11/23 01:09:19 WARN TaskSetManager: Lost task 0.0 in stage 0.0 (TID 0) (10.0.0.7 executor 0): java.io.IOException: Cannot run program "./churn_zip/churn/bin/python": error=13, Permission denied
	at java.base/java.lang.ProcessBuilder.start(ProcessBuilder.java:1143)
	at org.apache.spark.api.python.PythonWorkerFactory.startDaemon(PythonWorkerFactory.scala:239)
Caused by: java.io.IOException: error=13, Permission denied
	at java.base/java.lang.ProcessImpl.forkAndExec(Native Method)`,
    '/opt/spark/bin/spark-class: line 97: ./churn_zip/churn/bin/python: Permission denied',
    `java.io.IOException: Cannot run program "./churn_tgz/churn/bin/python3.11": Exec failed, error: 13 (Permission denied)`,
  ],
  'interpreter-not-found': [
    `26/11/23 01:15:59 WARN TaskSetManager: Lost task 0.0 in stage 0.0 (TID 0) (node7 executor 2): java.io.IOException: Cannot run program "./WRONG/churn/bin/python": error=2, No such file or directory
	at java.base/java.lang.ProcessBuilder.start(ProcessBuilder.java:1143)
Caused by: java.io.IOException: error=2, No such file or directory`,
    `Exception in thread "main" java.io.IOException: Cannot run program "/srv/envs/churn/2/bin/python": error=2, No such file or directory
	at org.apache.spark.deploy.PythonRunner$.main(PythonRunner.scala:97)`,
    "env: './MYGLOBALENV/churn/bin/python': No such file or directory",
    '/opt/spark/bin/spark-class: line 111: exec: ./MYGLOBALENV/churn/bin/python: not found',
  ],
  'archive-missing': [
    `Exception in thread "main" org.apache.spark.SparkException: Uploading file /builds/churn.tar.gz failed...
Caused by: java.io.FileNotFoundException: File /builds/churn.tar.gz does not exist`,
    `26/11/23 01:00:45 ERROR SparkContext: Error initializing SparkContext.
java.io.FileNotFoundException: File file:/srv/ferry/archives/ab12cd34/churn.zip#churn_zip does not exist
	at org.apache.hadoop.fs.RawLocalFileSystem.deprecatedGetFileStatus(RawLocalFileSystem.java:917)
	at org.apache.spark.deploy.yarn.Client.copyFileToRemote(Client.scala:441)`,
    `Exception in thread "main" java.io.FileNotFoundException: File does not exist: hdfs://nn1:8020/ferry/churn.tar.gz
	at org.apache.hadoop.hdfs.DistributedFileSystem$29.doCall(DistributedFileSystem.java:1757)
	at org.apache.spark.deploy.yarn.ClientDistributedCacheManager.addResource(ClientDistributedCacheManager.scala:71)
	at org.apache.spark.deploy.yarn.Client.prepareLocalResources(Client.scala:548)`,
    `java.nio.file.NoSuchFileException: /home/ana/churn.tar.gz
	at java.base/sun.nio.fs.UnixException.translateToIOException(UnixException.java:92)
	at org.apache.spark.util.Utils$.fetchFile(Utils.scala:510)
	at org.apache.spark.SparkContext.addArchive(SparkContext.scala:1822)`,
  ],
  'archive-not-unpacked': [
    `2026-11-23 01:15:38,402 WARN  [ContainerLocalizer Downloader] util.FSDownload: Cannot unpack file:/data/nm/usercache/ana/filecache/12/symlinks.tar.bz2
26/11/23 01:15:40 WARN TaskSetManager: Lost task 0.0 in stage 0.0 (TID 0) (node3 executor 2): java.io.IOException: Cannot run program "./ENVX/env/bin/python": error=20, Not a directory`,
    '24/02/01 10:00:00 WARN Utils: Cannot unpack /tmp/spark-1/churn.tar.xz, just copying it to /opt/spark/work-dir/./churn_env.',
    'java.io.IOException: Cannot run program "./churn_tgz/churn/bin/python": error=20, Not a directory',
  ],
  'archive-content-mismatch': [
    `Caused by: java.io.IOException: Error executing command. gzip -dc '/data/nm/filecache/10/churn.tar.gz' | (cd '/data/nm/filecache/10_tmp/churn.tar.gz' && tar -xf -) Process exited with exit code 2.gzip: stdin: not in gzip format
tar: This does not look like a tar archive
	at org.apache.hadoop.fs.FileUtil.runCommandOnStream(FileUtil.java:850)`,
    `java.util.zip.ZipException: zip END header not found
	at java.base/java.util.zip.ZipFile$Source.findEND(ZipFile.java:1469)
	at org.apache.hadoop.fs.FileUtil.unZip(FileUtil.java:642)
	at org.apache.spark.util.Utils$.unpack(Utils.scala:575)`,
    'java.io.IOException: Corrupted TAR archive.',
    'tar: Unexpected EOF in archive\ntar: Error is not recoverable: exiting now',
    'ExitCodeException exitCode=1: gzip: /data/filecache/3/churn.tgz: unexpected end of file',
  ],
  'python-version-mismatch': [
    `26/11/23 01:13:27 WARN TaskSetManager: Lost task 1.0 in stage 0.0 (TID 1) (node2 executor 1): org.apache.spark.api.python.PythonException: Traceback (most recent call last):
  File "/data/nm/usercache/ana/appcache/application_1_0001/container_1_0001_01_000002/pyspark.zip/pyspark/worker.py", line 1100, in main
    raise PySparkRuntimeError(
pyspark.errors.exceptions.base.PySparkRuntimeError: [PYTHON_VERSION_MISMATCH] Python in worker has different version (3, 9) than that in driver 3.11, PySpark cannot run with different minor versions.
Please check environment variables PYSPARK_PYTHON and PYSPARK_DRIVER_PYTHON are correctly set.`,
    `Exception: Python in worker has different version 3.6 than that in driver 3.8, PySpark cannot run with different minor versions. Please check environment variables PYSPARK_PYTHON and PYSPARK_DRIVER_PYTHON are correctly set.`,
    `org.apache.spark.api.python.PythonException: Traceback (most recent call last):
  File "/opt/spark/python/lib/pyspark.zip/pyspark/worker.py", line 668, in main
  File "/opt/spark/python/lib/pyspark.zip/pyspark/cloudpickle/cloudpickle.py", line 562, in subimport
TypeError: code() argument 13 must be str, not int`,
  ],
  'module-missing-on-executor': [
    `26/11/23 01:19:42 WARN TaskSetManager: Lost task 0.0 in stage 0.0 (TID 0) (node1 executor 0): org.apache.spark.api.python.PythonException: Traceback (most recent call last):
  File "/data/pyspark.zip/pyspark/worker.py", line 1247, in main
    process()
  File "/home/ana/job.py", line 10, in dec
    import pandas as pd
ModuleNotFoundError: No module named 'pandas'

	at org.apache.spark.api.python.BasePythonRunner$ReaderIterator.handlePythonException(PythonRunner.scala:572)`,
    `pyspark.errors.exceptions.captured.PythonException: 
  An exception was thrown from the Python worker. Please see the stack trace below.
Traceback (most recent call last):
  File "/srv/app/features.py", line 3, in score
    from sklearn.linear_model import LogisticRegression
ModuleNotFoundError: No module named 'sklearn'`,
    `Caused by: org.apache.spark.api.python.PythonException: Traceback (most recent call last):
  File "/opt/spark/python/lib/pyspark.zip/pyspark/worker.py", line 180, in main
    func, profiler, deserializer, serializer = read_command(pickleSer, infile)
  File "/opt/spark/python/lib/pyspark.zip/pyspark/serializers.py", line 464, in loads
    return pickle.loads(obj, encoding=encoding)
ImportError: No module named scoring.features`,
    `pyspark.sql.utils.PythonException: An exception was thrown from a UDF: 'ModuleNotFoundError: No module named 'lightgbm''. Full traceback below:`,
    JSON.stringify({
      ts: '2026-11-23T01:19:42.123Z',
      level: 'WARN',
      msg: 'Lost task 0.0 in stage 0.0 (TID 0) (node1 executor 0)',
      exception: {
        class: 'org.apache.spark.api.python.PythonException',
        msg: 'Traceback (most recent call last):\n  File "/x/pyspark/worker.py", line 1, in main\nModuleNotFoundError: No module named \'pandas\'\n',
      },
      logger: 'TaskSetManager',
    }),
    `---------------------------------------------------------------------------
PythonException                           Traceback (most recent call last)
Cell In[3], line 1
----> 1 df.select(f("x")).show()

PythonException: 
  An exception was thrown from the Python worker. Please see the stack trace below.
Traceback (most recent call last):
  File "/tmp/ipykernel_1/1.py", line 3, in f
ModuleNotFoundError: No module named 'pandas'`,
    `org.apache.spark.api.python.PythonException: Traceback (most recent call last):
  File "/opt/spark/python/lib/pyspark.zip/pyspark/worker.py", line 601, in main
ImportError: PyArrow >= 4.0.0 must be installed; however, it was not found.`,
  ],
  'spark-home-missing': [
    `/srv/envs/churn/3/bin/pyspark: line 24: /bin/load-spark-env.sh: No such file or directory
/srv/envs/churn/3/bin/pyspark: line 68: /bin/spark-submit: No such file or directory`,
    `Traceback (most recent call last):
  File "/home/ana/job.py", line 2, in <module>
    os.environ["SPARK_HOME"]
KeyError: 'SPARK_HOME'`,
    `Traceback (most recent call last):
  File "/usr/local/bin/find_spark_home.py", line 90, in <module>
    print(_find_spark_home())
  File "/usr/local/bin/find_spark_home.py", line 57, in _find_spark_home
    module_home = os.path.dirname(find_spec("pyspark").origin)
AttributeError: 'NoneType' object has no attribute 'origin'
/usr/local/bin/spark-submit: line 27: /bin/spark-class: No such file or directory`,
    `org.apache.spark.SparkException: 
Error from python worker:
  /usr/bin/python3: No module named pyspark
PYTHONPATH was:
  /data/nm/filecache/11/__spark_libs__.zip/spark-core_2.12.jar`,
    "Error from python worker:\n  ./churn_zip/churn/bin/python: Error while finding module specification for 'pyspark.daemon' (ModuleNotFoundError: No module named 'pyspark')",
    'java.lang.IllegalArgumentException: requirement failed: /opt/python/lib/pyspark.zip not found; cannot run pyspark application in YARN mode.',
  ],
  'zip-symlink-hang': [
    './churn_zip/churn/bin/python: 1: python3.11: not found',
    '/data/nm/appcache/container_1/./ENVX/env/bin/python: line 1: python3.10: command not found',
  ],
  'zip-data-descriptor': [
    'java.util.zip.ZipException: only DEFLATED entries can have EXT descriptor',
    'Failed to download resource { { file:/srv/churn.zip, 1, ARCHIVE, null },pending,[]} org.apache.commons.compress.archivers.zip.UnsupportedZipFeatureException: Unsupported feature data descriptor used in entry churn/bin/python',
  ],
  'zip-unsupported-feature': [
    'Caused by: java.util.zip.ZipException: invalid entry size (expected 0 but got 5321 bytes)',
    'java.util.zip.ZipException: invalid compression method',
    'org.apache.commons.compress.archivers.zip.UnsupportedZipFeatureException: Unsupported compression method 12 (BZIP2) used in entry churn/bin/python',
    "ExitCodeException exitCode=1: chmod: cannot access '/data/nm/filecache/10_tmp/churn.zip_tmp/churn': No such file or directory",
  ],
  'plain-tar-off-yarn': [
    'java.io.IOException: expanding ./ would create entry outside of /opt/spark/work-dir/churn_tar',
    'Caused by: java.io.IOException: expanding churn/bin/python would create entry outside of /tmp/spark-1/churn',
  ],
  'conda-files-clobbered': [
    `CondaPackError: 
Files managed by conda were found to have been deleted/overwritten in the
following packages:

- toolz 0.12.0:
    lib/python3.11/site-packages/toolz/__init__.py`,
    'Files managed by conda were found to have been deleted/overwritten in the',
  ],
  'editable-package': [
    `CondaPackError: Cannot pack an environment with editable packages
installed (e.g. from \`python setup.py develop\` or
\`pip install -e\`). Editable packages found:`,
    `org.apache.spark.api.python.PythonException: Traceback (most recent call last):
  File "/opt/spark/python/lib/pyspark.zip/pyspark/worker.py", line 1247, in main
  File "./churn_tgz/churn/lib/python3.11/site-packages/__editable___scoring_1_0_finder.py", line 20, in find_spec
ModuleNotFoundError: No module named 'scoring'`,
  ],
  'dangling-link': [
    'CondaPackError: churn/lib/libz.so is a symbolic link that does not match an existing file within the same package',
    './churn_zip/churn/bin/python: error while loading shared libraries: libpython3.11.so.1.0: cannot open shared object file: No such file or directory',
    `org.apache.spark.api.python.PythonException: Traceback (most recent call last):
  File "/opt/spark/python/lib/pyspark.zip/pyspark/worker.py", line 1247, in main
    from . import _multiarray
ImportError: libopenblas.so.0: cannot open shared object file: No such file or directory`,
  ],
  'glibc-or-arch': [
    `Traceback (most recent call last):
  File "/srv/app.py", line 1, in <module>
    import pandas
ImportError: /lib64/libm.so.6: version \`GLIBC_2.29' not found (required by /data/nm/churn/lib/python3.11/site-packages/pandas/_libs/lib.so)`,
    "./churn/bin/python: /lib64/libc.so.6: version `GLIBC_2.28' not found (required by ./churn/bin/python)",
    'java.io.IOException: Cannot run program "./churn_tgz/churn/bin/python": error=8, Exec format error',
    '/opt/spark/bin/pyspark: line 68: /srv/envs/churn/bin/python: cannot execute binary file: Exec format error',
  ],
  'numpy-abi': [
    `26/11/23 01:19:52 WARN TaskSetManager: Lost task 0.0 in stage 0.0 (TID 0) (node1 executor 0): org.apache.spark.api.python.PythonException: Traceback (most recent call last):
  File "pandas/_libs/interval.pyx", line 1, in init pandas._libs.interval
ValueError: numpy.dtype size changed, may indicate binary incompatibility. Expected 96 from C header, got 88 from PyObject`,
    `A module that was compiled using NumPy 1.x cannot be run in
NumPy 2.2.6 as it may crash. To support both 1.x and 2.x
versions of NumPy, modules must be compiled with NumPy 2.0.
AttributeError: _ARRAY_API not found`,
    `RuntimeError: module compiled against ABI version 0x1000009 but this version of numpy is 0x2000000
Traceback (most recent call last):
  File "/srv/app.py", line 4, in <module>
    import scipy.sparse
ImportError: numpy.core.multiarray failed to import`,
    `org.apache.spark.api.python.PythonException: Traceback (most recent call last):
  File "/opt/spark/python/lib/pyspark.zip/pyspark/serializers.py", line 464, in loads
    return cloudpickle.loads(obj, encoding=encoding)
ModuleNotFoundError: No module named 'numpy._core'`,
    `Traceback (most recent call last):
  File "/srv/app.py", line 1, in <module>
    import numpy
ImportError: 

IMPORTANT: PLEASE READ THIS FOR ADVICE ON HOW TO SOLVE THIS ISSUE!

Importing the numpy C-extensions failed. This error can happen for
many reasons, often due to issues with your setup or how NumPy was
installed.

Original error was: No module named 'numpy.core._multiarray_umath'`,
  ],
  'egg-cache': [
    `pkg_resources.ExtractionError: Can't extract file(s) to egg cache

The following error occurred while trying to extract file(s) to the Python egg
cache:

  [Errno 13] Permission denied: '/home/.cache'

The Python egg cache directory is currently set to:

  /home/.cache/Python-Eggs`,
    `Traceback (most recent call last):
  File "/data/python/pkg_resources/__init__.py", line 1271, in get_resource_filename
PermissionError: [Errno 13] Permission denied: '/home/.cache/Python-Eggs'`,
  ],
  'egg-shadows-package': [
    `org.apache.spark.api.python.PythonException: Traceback (most recent call last):
  File "./numpy-1.26.4-py3.11-linux-x86_64.egg/numpy/core/__init__.py", line 24, in <module>
    from . import multiarray
ModuleNotFoundError: No module named 'numpy.core._multiarray_umath'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "./numpy-1.26.4-py3.11-linux-x86_64.egg/numpy/__init__.py", line 135, in <module>
    raise ImportError(msg) from e
ImportError: Error importing numpy: you should not try to import numpy from
        its source directory; please exit the numpy source tree, and relaunch`,
    `Traceback (most recent call last):
  File "/tmp/spark-1/userFiles-2/scikit_learn-1.3-py3.9.egg/scikit_learn/base.py", line 3, in <module>
ModuleNotFoundError: No module named 'scikit_learn._lib'`,
  ],
  'pythonhome-leak': [
    `org.apache.spark.SparkException: 
Error from python worker:
  Could not find platform independent libraries <prefix>
  Could not find platform dependent libraries <exec_prefix>
  Fatal Python error: init_fs_encoding: failed to get the Python codec of the filesystem encoding
  Python runtime state: core initialized
  ModuleNotFoundError: No module named 'encodings'`,
    `Fatal Python error: initfsencoding: unable to load the file system codec
ModuleNotFoundError: No module named 'encodings'`,
    'Fatal Python error: Py_Initialize: unable to load the file system codec',
  ],
  'prefix-hardcoded': [
    "PaddingError: Placeholder of length '80' too short in package defaults::python-3.9.1-h12debd9_1.",
    '-bash: ./churn/bin/jupyter: /home/conda/build/churn/bin/python: bad interpreter: No such file or directory',
    'CondaBuildException: Error: build_path too long',
  ],
  'archive-overwritten': [
    'Diagnostics: [2026-11-23 01:02:03.456]Resource hdfs://nn1/ferry/churn.zip changed on src filesystem - expected: "2026-11-22T10:00:00.000+0000", was: "2026-11-23T01:00:00.000+0000", current time: "2026-11-23T01:02:03.000+0000"',
    'java.io.IOException: Resource hdfs://nn1/user/ana/churn.zip changed on src filesystem (expected 1690000000000, was 1690000001000',
    'java.lang.IllegalArgumentException: Attempt to add (file:/srv/churn.zip#churn) multiple times to the distributed cache.',
  ],
  'no-space': [
    `26/11/23 01:00:00 ERROR Executor: Exception in task 3.0 in stage 1.0 (TID 9)
java.io.IOException: No space left on device
	at java.base/java.io.FileOutputStream.writeBytes(Native Method)`,
    "OSError: [Errno 28] No space left on device: '/tmp/x'",
    'java.nio.file.FileSystemException: /tmp/spark-1/x: No space left on device',
    'tar: churn/lib/libmkl_core.so.2: Cannot write: No space left on device',
    '2026-11-23 01:00:00,000 WARN org.apache.hadoop.yarn.server.nodemanager.DirectoryCollection: Directory /data/1/yarn/local error, used space above threshold of 90.0%, removing from list of valid directories',
    'Message: The node was low on resource: ephemeral-storage. Container spark-kubernetes-executor was using 21Gi',
  ],
  libhdfs: [
    'OSError: Unable to load libhdfs: libhdfs.so: cannot open shared object file: No such file or directory',
    `Environment variable CLASSPATH not set!
getJNIEnv: getGlobalJNIEnv failed`,
  ],
  'activate-d': [
    `Traceback (most recent call last):
  File "pyproj/_crs.pyx", line 2378, in pyproj._crs._CRS.__init__
pyproj.exceptions.CRSError: Invalid projection: EPSG:3857: (Internal Proj Error: proj_create: no database context specified)`,
    'rasterio._err.CPLE_AppDefinedError: PROJ: proj_create_from_database: Cannot find proj.db',
    'pyproj.exceptions.DataDirError: Valid PROJ data directory not found. Either set the path using the environmental variable PROJ_DATA',
    'ERROR 4: Unable to open EPSG support file gcs.csv.  Try setting the GDAL_DATA environment variable to point to the directory containing EPSG csv files.',
    "KeyError: 'ESMFMKFILE'",
  ],
  kerberos: [
    `Exception in thread "main" java.io.IOException: DestHost:destPort nn1:8020 , LocalHost:localPort edge/10.0.0.1:0. Failed on local exception: java.io.IOException: org.apache.hadoop.security.AccessControlException: Client cannot authenticate via:[TOKEN, KERBEROS]
	at org.apache.hadoop.ipc.Client.call(Client.java:1473)`,
    `26/11/23 01:00:00 WARN Client: Exception encountered while connecting to the server : javax.security.sasl.SaslException: GSS initiate failed [Caused by GSSException: No valid credentials provided (Mechanism level: Failed to find any Kerberos tgt)]
Exception in thread "main" java.io.IOException: Failed on local exception`,
    `Caused by: org.apache.hadoop.ipc.RemoteException(org.apache.hadoop.security.token.SecretManager$InvalidToken): token (HDFS_DELEGATION_TOKEN token 7 for ana) can't be found in cache`,
    'kinit: Client not found in Kerberos database while getting initial credentials',
  ],
  'staged-unreadable': [
    `org.apache.hadoop.security.AccessControlException: Permission denied: user=bob, access=READ, inode="/ferry/archives/ab12cd34ef/churn.tar.gz":ana:hdfs:-rw-------
	at org.apache.hadoop.hdfs.server.namenode.FSPermissionChecker.check(FSPermissionChecker.java:400)`,
    `java.io.FileNotFoundException: /srv/churn.zip (Permission denied)
	at java.base/java.io.FileInputStream.open0(Native Method)
	at org.apache.spark.deploy.yarn.Client.copyFileToRemote(Client.scala:441)`,
    "cp: cannot open '/srv/ferry/archives/ab12cd34ef/churn.tar.gz' for reading: Permission denied",
    'Exception in thread "main" java.io.IOException: Cannot run program "/srv/ferry/envs/churn/3/bin/python": error=13, Permission denied',
  ],
};

/** What jobs say that fail, or do not fail, for reasons no environment is to blame for. */
export const NOT_FOR_US: Readonly<Record<string, string>> = {
  ...NOTHING_OF_OURS,
  "a KeyError in the user's function": `26/11/23 01:19:42 WARN TaskSetManager: Lost task 0.0 in stage 0.0 (TID 0) (node1 executor 0): org.apache.spark.api.python.PythonException: Traceback (most recent call last):
  File "/data/pyspark.zip/pyspark/worker.py", line 1247, in main
    process()
  File "/home/ana/job.py", line 10, in score
    return weights[row.kind]
KeyError: 'premium'`,
  "a ValueError of the user's data": `org.apache.spark.api.python.PythonException: Traceback (most recent call last):
  File "/data/pyspark.zip/pyspark/worker.py", line 1247, in main
ValueError: could not convert string to float: 'No module named x'`,
  'a cancelled job':
    'org.apache.spark.SparkException: Job 3 cancelled part of cancelled job group 7a5e\nTaskKilled (Stage cancelled)',
  SIGTERM:
    '26/11/23 01:00:00 ERROR CoarseGrainedExecutorBackend: RECEIVED SIGNAL TERM\n26/11/23 01:00:00 INFO ShutdownHookManager: Shutdown hook called\nCommand exited with code 143',
  'an executor out of memory':
    '26/11/23 01:00:00 ERROR YarnScheduler: Lost executor 3 on node4: Container from a bad node: container_1_0001_01_000004 on host: node4. Exit status: 137. Diagnostics: Container killed on request. Exit code is 137\nContainer killed by YARN for exceeding memory limits. 5.5 GB of 5.5 GB physical memory used.\njava.lang.OutOfMemoryError: Java heap space',
  ExecutorLostFailure:
    'ExecutorLostFailure (executor 5 exited caused by one of the running tasks) Reason: Remote RPC client disassociated. Likely due to containers exceeding thresholds, or network issues.',
  'a lost node':
    'org.apache.spark.shuffle.FetchFailedException: Failed to connect to node9/10.0.0.9:7337\nCaused by: java.net.NoRouteToHostException: No route to host',
  'an AnalysisException':
    'pyspark.errors.exceptions.captured.AnalysisException: [TABLE_OR_VIEW_NOT_FOUND] The table or view `sales` cannot be found.\nTraceback (most recent call last):\n  File "/srv/app.py", line 3, in <module>',
  'a missing data path':
    'org.apache.spark.sql.AnalysisException: Path does not exist: hdfs://nn1/data/2026/11/22;',
  'a missing data file in Python':
    'Traceback (most recent call last):\n  File "/srv/app.py", line 3, in <module>\nFileNotFoundError: [Errno 2] No such file or directory: \'model.pkl\'',
  'a missing data archive':
    'java.io.FileNotFoundException: File file:/data/in/2026-11-22.zip does not exist\n\tat org.apache.spark.sql.execution.datasources.FileScanRDD.compute(FileScanRDD.scala:116)',
  'user data that may not be read':
    'Traceback (most recent call last):\n  File "/srv/app.py", line 3, in <module>\nPermissionError: [Errno 13] Permission denied: \'/data/out/report.csv\'',
  'an HDFS table that may not be read':
    'org.apache.hadoop.security.AccessControlException: Permission denied: user=ana, access=READ, inode="/warehouse/sales/part-0.parquet":etl:etl:-rw-r-----',
  'words of a print':
    'hint: Permission denied or No such file or directory? Ask Ana.\nModuleNotFoundError: No module named is what you see when pandas is missing\nNo space left on device is what you see next\nPYSPARK_PYTHON not found is nothing\nCannot unpack your feelings? Try tar.bz2 instead.',
  'an ImportError caught and logged':
    '2026-11-23 01:00:00,123 INFO myapp.plugins optional plugin is not there\nTraceback (most recent call last):\n  File "/srv/app/plugins.py", line 3, in <module>\n    import pyspark_extra\nModuleNotFoundError: No module named \'pyspark.extra\'\nINFO:root:ImportError: No module named pyspark, going on without',
  'a numpy failure caught and logged':
    'WARNING:root:bottleneck is not used\nTraceback (most recent call last):\n  File "/srv/app.py", line 1, in <module>\nAttributeError: _ARRAY_API not found',
  'an optional module missing in a worker that then fails for its own reason':
    'org.apache.spark.api.python.PythonException: Traceback (most recent call last):\n  File "/data/pyspark.zip/pyspark/worker.py", line 1247, in main\nModuleNotFoundError: No module named \'cupy\'\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File "/srv/app.py", line 9, in f\nKeyError: \'gpu\'',
  'an attribute numpy dropped':
    "org.apache.spark.api.python.PythonException: Traceback (most recent call last):\n  File \"/data/pyspark.zip/pyspark/worker.py\", line 1247, in main\nAttributeError: module 'numpy' has no attribute 'float'",
  'the words in the message of another exception':
    'org.apache.spark.api.python.PythonException: Traceback (most recent call last):\n  File "/data/pyspark.zip/pyspark/worker.py", line 1247, in main\nKeyError: "ModuleNotFoundError: No module named \'pandas\'"',
  'what an application says below WARN':
    "2026-11-23 01:00:00,123 INFO myapp.probe - java.io.IOException: No space left on device was last week's trouble\n2026-11-23 01:00:01,123 DEBUG myapp.probe: only DEFLATED entries can have EXT descriptor\nINFO:root:version `GLIBC_2.28' not found (required by x)",
  'a worker that fails, and then a module missing in the driver':
    'org.apache.spark.api.python.PythonException: Traceback (most recent call last):\n  File "/data/pyspark.zip/pyspark/worker.py", line 1247, in main\nKeyError: 1\n\tat org.apache.spark.x(y.scala:1)\nModuleNotFoundError: No module named \'pandas\'',
  'Kerberos warnings that recover':
    '26/11/23 01:00:00 WARN Client: Exception encountered while connecting to the server : org.apache.hadoop.security.AccessControlException: Client cannot authenticate via:[TOKEN, KERBEROS]\n26/11/23 01:00:01 WARN UserGroupInformation: PriviledgedActionException as:ana (auth:KERBEROS) cause:javax.security.sasl.SaslException: GSS initiate failed [Caused by GSSException: No valid credentials provided (Mechanism level: Failed to find any Kerberos tgt)]\n26/11/23 01:00:02 INFO YarnClientImpl: Submitted application application_1_0001\n26/11/23 01:00:09 INFO TaskSetManager: Finished task 0.0 in stage 0.0 (TID 0) in 9 ms on node1 (executor 1) (1/1)',
  'a standby NameNode':
    '26/11/23 01:00:00 WARN RetryInvocationHandler: Exception while invoking getFileInfo: org.apache.hadoop.ipc.RemoteException(org.apache.hadoop.ipc.StandbyException): Operation category READ is not supported in state standby',
  'the numpy warning of many jobs that work':
    '/srv/churn/lib/python3.9/importlib/_bootstrap.py:241: RuntimeWarning: numpy.ufunc size changed, may indicate binary incompatibility. Expected 192 from C header, got 216 from PyObject',
  'another program that is not there':
    '26/11/23 01:00:00 WARN ScriptBasedMapping: Exception running /etc/hadoop/conf/topology_script.py 10.0.0.1\njava.io.IOException: Cannot run program "/etc/hadoop/conf/topology_script.py": error=2, No such file or directory\njava.io.IOException: Cannot run program "nvidia-smi": error=2, No such file or directory',
  'memory without room':
    '26/11/23 01:00:00 WARN MemoryStore: Not enough space to cache rdd_3_1 in memory! (computed 1.2 GiB so far)',
  'a jar given twice':
    '26/11/23 01:00:00 WARN Client: Same name resource file:/srv/lib/driver.jar added multiple times to distributed cache',
  'an upload that is gone after the end':
    'Diagnostics: File does not exist: hdfs://nn1/user/ana/.sparkStaging/application_1_0001/pyspark.zip\njava.io.FileNotFoundException: File does not exist: hdfs://nn1/user/ana/.sparkStaging/application_1_0001/__spark_conf__.zip\n\tat org.apache.hadoop.yarn.util.FSDownload.copy(FSDownload.java:271)',
  "Hadoop's optional libraries":
    '26/11/23 01:00:00 WARN OpensslCipher: Failed to load OpenSSL Cipher.\njava.lang.UnsatisfiedLinkError: Cannot load libcrypto.so (libcrypto.so: cannot open shared object file: No such file or directory)!',
  'a module missing in an egg of pure Python, in the driver':
    'Traceback (most recent call last):\n  File "/tmp/spark-1/userFiles-2/scoring-1.0-py3.11.egg/scoring/core.py", line 3, in <module>\nKeyError: \'x\'',
  'a bad zip in user data':
    'Traceback (most recent call last):\n  File "/srv/app.py", line 3, in <module>\nzipfile.BadZipFile: File is not a zip file\njava.util.zip.ZipException: Not in GZIP format\n\tat com.acme.Reader.read(Reader.java:1)',
};

const HARMLESS = [
  'WARN NativeCodeLoader: Unable to load native-hadoop library for your platform... using builtin-java classes where applicable',
  'WARN Client: Neither spark.yarn.jars nor spark.yarn.archive is set, falling back to uploading libraries under SPARK_HOME.',
  'INFO TaskSetManager: Starting task 0.0 in stage 0.0 (TID 0) (node1, executor 2, partition 0, PROCESS_LOCAL, 9686 bytes)',
  'INFO BlockManagerInfo: Added broadcast_0_piece0 in memory on node1:42965 (size: 4.8 KiB, free: 117.0 MiB)',
  'WARN YarnSchedulerBackend$YarnSchedulerEndpoint: Attempted to request executors before the AM has registered!',
  'INFO SecurityManager: SecurityManager: authentication disabled; ui acls disabled; users with view permissions: ana; groups with view permissions: EMPTY',
  "WARN Utils: Service 'SparkUI' could not bind on port 4040. Attempting port 4041.",
  'INFO ExecutorRunner: Launch command: "/usr/lib/jvm/java-17/bin/java" "-cp" "/opt/spark/conf/:/opt/spark/jars/*" "-Xmx1024M"',
  'WARN DomainSocketFactory: The short-circuit local reads feature cannot be used because libhadoop cannot be loaded.',
  'ERROR TransportRequestHandler: Error while invoking RpcHandler#receive() for one-way message.',
  'WARN TransportChannelHandler: Exception in connection from /10.0.0.4:54321 java.io.IOException: Connection reset by peer',
  'WARN Inbox: Ignored failure: java.io.IOException: Failed to send RPC: java.io.IOException: Broken pipe',
];

/** `count` lines that a healthy job writes too. */
export function noise(count: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const second = String(index % 60).padStart(2, '0');
    return `26/11/23 01:00:${second} ${HARMLESS[index % HARMLESS.length]}`;
  });
}
