import type { FailureId } from '../../../src/domain/diagnosis.ts';

/** How evidence reaches people: cut, wrapped, boxed, quoted, in answers and reports of other tools. */
export const SHAPES: readonly (readonly [name: string, id: FailureId, text: string])[] = [
  [
    'a verdict at INFO, in brackets',
    'exec-bit-lost',
    `20/03/14 11:27:40 INFO yarn.ApplicationMaster: Final app status: FAILED, exitCode: 13, (reason: User class threw exception: java.io.IOException: Cannot run program "./environment/bin/python": error=13, Permission denied`,
  ],
  [
    'a header that the terminal broke inside a word',
    'module-missing-on-executor',
    `>>> df_m.show()
21/03/28 15:11:48 WARN TaskSetManager: Lost task 0.0 in stage 7.0 (TID 30005, ip-172-31-86-169.ec2.internal, executor 3): org.apache.spark.api.python.PythonException: Traceback (m
ost recent call last):
  File "/mnt/yarn/usercache/hadoop/appcache/application_1616943682272_0001/container_1616943682272_0001_01_000004/pyspark.zip/pyspark/worker.py", line 589, in main
    func, profiler, deserializer, serializer = read_udfs(pickleSer, infile, eval_type)
  File "/mnt/yarn/usercache/hadoop/appcache/application_1616943682272_0001/container_1616943682272_0001_01_000004/pyspark.zip/pyspark/serializers.py", line 458, in loads
    return pickle.loads(obj, encoding=encoding)
ModuleNotFoundError: No module named 'jellyfish'
`,
  ],
  [
    'a shipper with a level and a logger of its own',
    'module-missing-on-executor',
    `[2017-10-03 17:35:49,716] ERROR jobserver.python.PythonJob [] [akka://JobServer/user/context-supervisor/py-context] - From Python: org.apache.spark.api.python.PythonException: Traceback (most recent call last):
[2017-10-03 17:35:49,716] ERROR jobserver.python.PythonJob [] [akka://JobServer/user/context-supervisor/py-context] - From Python:   File "/usr/local/spark/python/lib/pyspark.zip/pyspark/serializers.py", line 454, in loads
[2017-10-03 17:35:49,716] ERROR jobserver.python.PythonJob [] [akka://JobServer/user/context-supervisor/py-context] - From Python:     return pickle.loads(obj)
[2017-10-03 17:35:49,716] ERROR jobserver.python.PythonJob [] [akka://JobServer/user/context-supervisor/py-context] - From Python: ImportError: No module named example_jobs.sql_average`,
  ],
  [
    'diagnostics of YARN without a stack',
    'archive-missing',
    `26/11/23 01:00:00 INFO Client: Application report for application_1_0001 (state: FAILED)
26/11/23 01:00:00 INFO Client:
	 client token: N/A
	 diagnostics: Application application_1_0001 failed 2 times due to AM Container for appattempt_1_0001_000002 exited with  exitCode: -1000
Failing this attempt.Diagnostics: [2026-11-23 01:00:00.123]File does not exist: hdfs://nn1:8020/user/ana/envs/churn.tar.gz
java.io.FileNotFoundException: File does not exist: hdfs://nn1:8020/user/ana/envs/churn.tar.gz
	 ApplicationMaster host: N/A`,
  ],
  [
    'diagnostics cut inside the reason',
    'interpreter-not-found',
    `	 diagnostics: User class threw exception: java.io.IOException: Cannot run program "./environment/bin/python": error=2, No such`,
  ],
  [
    'the last bytes of a container',
    'interpreter-not-found',
    `Diagnostics: Exception from container-launch.
Container id: container_e05_1_0001_02_000001
Exit code: 127
Stack trace: ExitCodeException exitCode=127: 
Last 4096 bytes of stderr :
/bin/bash: ./environment/bin/python: No such file or directory`,
  ],
  [
    'a box of rich',
    'module-missing-on-driver',
    `╭───────────────────── Traceback (most recent call last) ──────────────────────╮
│ /home/ana/jobs/score.py:3 in <module>                                        │
│                                                                              │
│ ❱ 3 import catboost                                                          │
╰──────────────────────────────────────────────────────────────────────────────╯
ModuleNotFoundError: No module named 'catboost'`,
  ],
  [
    'pytest, short',
    'python-unsupported-by-spark',
    `FAILED tests/test_a.py::test_x - ...
tests/test_a.py:5: in <module>
    from pyspark.sql.functions import pandas_udf
/opt/spark/python/pyspark/sql/pandas/utils.py:24: in require_minimum_pandas_version
    from distutils.version import LooseVersion
E   ModuleNotFoundError: No module named 'distutils'`,
  ],
  [
    'pytest, long',
    'package-unsupported-by-spark',
    `    def _convert_from_pandas(self, pdf, schema, timezone):
>       for column, series in pdf.iteritems():

/opt/spark/python/pyspark/sql/pandas/conversion.py:474: 
_ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _

self =    a  b
name = 'iteritems'

>       return object.__getattribute__(self, name)
E       AttributeError: 'DataFrame' object has no attribute 'iteritems'

/srv/envs/churn/lib/python3.10/site-packages/pandas/core/generic.py:5989: AttributeError`,
  ],
  [
    'a notebook',
    'package-unsupported-by-spark',
    `---------------------------------------------------------------------------
AttributeError                            Traceback (most recent call last)
Cell In[5], line 1
----> 1 spark.createDataFrame(pdf)

File /opt/spark/python/pyspark/sql/pandas/conversion.py:474, in SparkConversionMixin._convert_from_pandas(self, pdf, schema, timezone)
    473         should_localize = not is_timestamp_ntz_preferred()
--> 474         for column, series in pdf.iteritems():

File /srv/envs/churn/lib/python3.10/site-packages/pandas/core/generic.py:5989, in NDFrame.__getattr__(self, name)
   5988     return object.__getattribute__(self, name)

AttributeError: 'DataFrame' object has no attribute 'iteritems'`,
  ],
  [
    'one sentence of Databricks',
    'module-missing-on-executor',
    `Job aborted due to stage failure: Task 0 in stage 12.0 failed 4 times, most recent failure: Lost task 0.3 in stage 12.0 (TID 44) (10.139.64.5 executor 0): org.apache.spark.api.python.PythonException: 'ModuleNotFoundError: No module named 'xgboost'', from <command-2>, line 5. Full traceback below:`,
  ],
  [
    'an answer of Livy',
    'module-missing-on-driver',
    `{"id":3,"state":"available","output":{"status":"error","execution_count":3,"ename":"ModuleNotFoundError","evalue":"No module named 'pandas'","traceback":["Traceback (most recent call last):\\n","  File \\"<stdin>\\", line 1, in <module>\\n","ModuleNotFoundError: No module named 'pandas'\\n"]}}`,
  ],
  [
    'a reason on the line below',
    'module-missing-on-driver',
    `Traceback (most recent call last):
  File "/home/ana/jobs/a.py", line 3, in <module>
    from transformers import AutoModel
  File "/srv/envs/x/lib/python3.9/site-packages/transformers/utils/import_utils.py", line 1088, in _get_module
    raise RuntimeError(
RuntimeError: Failed to import transformers.models.auto because of the following error (look up to see its traceback):
No module named 'sentencepiece'`,
  ],
  [
    'an engine of pandas',
    'module-missing-on-driver',
    `Traceback (most recent call last):
  File "/home/ana/jobs/a.py", line 3, in <module>
    df = pd.read_parquet("x")
  File "/srv/envs/x/lib/python3.9/site-packages/pandas/io/parquet.py", line 51, in get_engine
    raise ImportError(
ImportError: Unable to find a usable engine; tried using: 'pyarrow', 'fastparquet'.
A suitable version of pyarrow or fastparquet is required for parquet support.`,
  ],
  [
    'a keytab',
    'kerberos',
    `Exception in thread "main" org.apache.hadoop.security.KerberosAuthException: Login failure for user: ana@ACME.COM from keytab /home/ana/ana.keytab javax.security.auth.login.LoginException: Unable to obtain password from user`,
  ],
  [
    'another processor, by the container',
    'glibc-or-arch',
    `standard_init_linux.go:228: exec user process caused: exec format error`,
  ],
  [
    'a library of Arrow',
    'glibc-or-arch',
    `OSError: /lib64/libc.so.6: version \`GLIBC_2.32' not found (required by ./env/lib/libarrow.so.1200)`,
  ],
  [
    'a reason with a remark in brackets',
    'numpy-abi',
    `26/01/01 00:00:00 ERROR Executor: Exception in task 0.0 in stage 0.0 (TID 0)
org.apache.spark.api.python.PythonException: Traceback (most recent call last):
  File "/x/pyspark.zip/pyspark/worker.py", line 1, in main
ImportError: numpy.core.multiarray failed to import (auto-generated because you didn't call 'numpy.import_array()' after cimporting numpy; use '<void>numpy._import_array' to disable if you are certain you don't need it).`,
  ],
  [
    'PROJ in another exception',
    'activate-d',
    `rasterio.errors.CRSError: The EPSG code is unknown. PROJ: internal_proj_create_from_database: Cannot find proj.db`,
  ],
  [
    'a variable of PROJ',
    'activate-d',
    `Traceback (most recent call last):
  File "/home/ana/a.py", line 1, in <module>
    from mpl_toolkits.basemap import Basemap
  File "/srv/envs/x/lib/python3.6/site-packages/mpl_toolkits/basemap/__init__.py", line 155, in <module>
    pyproj_datadir = os.environ['PROJ_LIB']
KeyError: 'PROJ_LIB'`,
  ],
  [
    'a quota',
    'no-space',
    `org.apache.hadoop.hdfs.protocol.DSQuotaExceededException: The DiskSpace quota of /user/ana is exceeded: quota = 1099511627776 B = 1 TB but diskspace consumed = 1099512627776 B`,
  ],
  [
    'folders of a node that are full',
    'no-space',
    `26/01/01 WARN RMAppImpl: Application report: 1/1 local-dirs usable space is below configured utilization percentage/no more usable space [ /data/nm/local : used space above threshold of 90.0% ]`,
  ],
  [
    'an archive cut short',
    'archive-content-mismatch',
    `Failed to download resource { { s3a://team/env.tar.gz, 1, ARCHIVE, null },pending} java.io.IOException: Error executing command. gzip -dc '/x/env.tar.gz' | (cd '/x' && tar -xf -) Process exited with exit code 2.gzip: stdin: unexpected end of file`,
  ],
  [
    'a sentence over three lines',
    'python-version-mismatch',
    `    raise Exception(("Python in worker has different version %s than that in " +
Exception: Python in worker has different version 2.7 than that in driver
3.6, PySpark cannot run with different minor versions.Please check environment
variables PYSPARK_PYTHON and PYSPARK_DRIVER_PYTHON are correctly set.`,
  ],
  [
    'a message in a tuple',
    'python-version-mismatch',
    `stderr: RuntimeError: ('Python in worker has different version 3.8 than that in driver 3.9, PySpark cannot run with different minor versions. Please check environment variables PYSPARK_PYTHON and PYSPARK_DRIVER_PYTHON are correctly set.',)`,
  ],
  [
    'a newer pyspark',
    'spark-version-differs',
    `Traceback (most recent call last):
  File "/home/ana/a.py", line 4, in <module>
    sc = SparkContext()
  File "/srv/x/lib/python3.7/site-packages/pyspark/context.py", line 195, in _do_init
    self._encryption_enabled = self._jvm.PythonUtils.isEncryptionEnabled(self._jsc)
  File "/srv/x/lib/python3.7/site-packages/py4j/java_gateway.py", line 1487, in __getattr__
    "{0}.{1} does not exist in the JVM".format(self._fqn, name))
py4j.protocol.Py4JError: org.apache.spark.api.python.PythonUtils.isEncryptionEnabled does not exist in the JVM`,
  ],
  [
    'a path on the line below',
    'cache-not-writable',
    `org.apache.spark.api.python.PythonException: Traceback (most recent call last):
  File "/x/pyspark.zip/pyspark/worker.py", line 686, in main
    process()
  File "./env/lib/python3.9/os.py", line 225, in makedirs
    mkdir(name, mode)
PermissionError: [Errno 13] Permission denied:
'/home/yarn/.cache/huggingface/hub/models--sentence-transformers--all-MiniLM-L6-v2'`,
  ],
  [
    'pip without a home',
    'cache-not-writable',
    `Could not install packages due to an EnvironmentError: [Errno 13] Permission denied: '/home/yarn/.local'`,
  ],
  [
    'numpy in a zip',
    'egg-shadows-package',
    `Traceback (most recent call last):
  File "/home/ana/etl.py", line 2, in <module>
    import numpy as np
  File "/tmp/spark-7/userFiles-3/deps.zip/numpy/__init__.py", line 140, in <module>
  File "/tmp/spark-7/userFiles-3/deps.zip/numpy/core/__init__.py", line 49, in <module>
ImportError: 

IMPORTANT: PLEASE READ THIS FOR ADVICE ON HOW TO SOLVE THIS ISSUE!

Importing the numpy C-extensions failed. This error can happen for
many reasons, often due to issues with your setup or how NumPy was
installed.`,
  ],
  [
    'pandas in a zip',
    'egg-shadows-package',
    `org.apache.spark.api.python.PythonException: Traceback (most recent call last):
  File "/x/pyspark.zip/pyspark/worker.py", line 1, in main
  File "./deps.zip/pandas/__init__.py", line 17, in <module>
    "Unable to import required dependencies:\\n" + "\\n".join(missing_dependencies)
ModuleNotFoundError: No module named 'pandas._libs'`,
  ],
  [
    'no Python on the path',
    'interpreter-not-found',
    `/usr/lib/spark/bin/pyspark: line 45: python: command not found
env: ‘python’: No such file or directory`,
  ],
  [
    'a server without Python',
    'connect-server-without-python',
    `pyspark.errors.exceptions.connect.SparkException: Job aborted due to stage failure: Task 0 in stage 0.0 failed 4 times, most recent failure: Lost task 0.3 in stage 0.0 (TID 3) (10.1.2.3 executor 1): java.io.IOException: Cannot run program "python3": error=2, No such file or directory
	at org.apache.spark.sql.connect.execution.SparkConnectPlanExecution`,
  ],
  [
    'a class that did not initialize',
    'java-unsupported',
    `py4j.protocol.Py4JJavaError: An error occurred while calling None.org.apache.spark.api.java.JavaSparkContext.
: java.lang.NoClassDefFoundError: Could not initialize class org.apache.spark.storage.StorageUtils$
	at org.apache.spark.storage.BlockManagerMasterEndpoint.<init>(BlockManagerMasterEndpoint.scala:110)`,
  ],
  [
    'a sentence over two lines',
    'standalone-cluster-python',
    `Exception in thread "main" org.apache.spark.SparkException: Cluster deploy mode is currently
not supported for python applications on standalone clusters.`,
  ],
  [
    'a path with escaped slashes',
    'livy-local-path',
    `{"msg":"java.lang.IllegalArgumentException: requirement failed: Local path \\/home\\/ana\\/env.tar.gz cannot be added to user sessions."}`,
  ],
  [
    'a script called random',
    'module-shadowed',
    `Traceback (most recent call last):
  File "score.py", line 2, in <module>
    import random
  File "/home/ana/jobs/random.py", line 3, in <module>
    from pyspark.sql import SparkSession
  File "/opt/spark/python/pyspark/__init__.py", line 53, in <module>
  File "/srv/envs/x/lib/python3.9/tempfile.py", line 45, in <module>
    from random import Random as _Random
ImportError: cannot import name 'Random' from partially initialized module 'random' (most likely due to a circular import) (/home/ana/jobs/random.py)`,
  ],
  [
    'a name on the line below',
    'hash-seed-missing',
    `Exception: Randomness of hash of string should be disabled via
PYTHONHASHSEED`,
  ],
  [
    'a file with its bits that may not run',
    'noexec-mount',
    `java.io.IOException: Cannot run program "./environment/bin/python": error=13, Permission denied
$ ls -l environment/bin/python3.9
-rwxr-xr-x 1 yarn hadoop 18092 Nov 25 14:00 environment/bin/python3.9`,
  ],
  [
    'a block for threads that is full',
    'mkl-openmp-conflict',
    `26/01/01 00:00:00 WARN TaskSetManager: Lost task: org.apache.spark.api.python.PythonException: Traceback (most recent call last):
  File "/x/pyspark.zip/pyspark/worker.py", line 1, in main
  File "./env/lib/python3.8/site-packages/torch/__init__.py", line 197, in <module>
ImportError: ./env/lib/python3.8/site-packages/torch/lib/../../../../libgomp.so.1: cannot allocate memory in static TLS block`,
  ],
  [
    'logfmt',
    'upload-path-missing',
    `time="2026-05-14T09:12:41Z" level=error msg="failed to run spark-submit: Exception in thread \\"main\\" org.apache.spark.SparkException: Please specify spark.kubernetes.file.upload.path property.\\n\\tat org.apache.spark.deploy.k8s.KubernetesUtils$.uploadFileUri(KubernetesUtils.scala:330)"`,
  ],
  [
    'an accept below a worker',
    'python-worker-no-connect',
    `java.net.SocketTimeoutException: Accept timed out
	at java.net.DualStackPlainSocketImpl.waitForNewConnection(Native Method)
	at java.net.ServerSocket.accept(ServerSocket.java:513)
	at org.apache.spark.api.python.PythonWorkerFactory.createSimpleWorker(PythonWorkerFactory.scala:164)`,
  ],
];
