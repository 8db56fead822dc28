import { inWorker } from './support.ts';

/** How Spark, Livy and Hadoop were asked, and what Python meets on the nodes. */
export const ASKED_FAILURES = {
  'upload-path-missing': [
    `Exception in thread "main" org.apache.spark.SparkException: Please specify spark.kubernetes.file.upload.path property.
	at org.apache.spark.deploy.k8s.KubernetesUtils$.uploadFileUri(KubernetesUtils.scala:330)`,
    `failed to run spark-submit for SparkApplication team/churn: Exception in thread "main" org.apache.spark.SparkException: Please specify
spark.kubernetes.file.upload.path property.`,
    `Exception in thread "main" org.apache.spark.SparkException: The Kubernetes mode does not yet support referencing application dependencies in the local file system.
	at org.apache.spark.deploy.k8s.submit.DriverConfigOrchestrator.getAllConfigurationSteps(DriverConfigOrchestrator.scala:122)`,
  ],
  'standalone-cluster-python': [
    `Exception in thread "main" org.apache.spark.SparkException: Cluster deploy mode is currently not supported for python applications on standalone clusters.
	at org.apache.spark.deploy.SparkSubmit.error(SparkSubmit.scala:975)`,
    'Error: Cluster deploy mode is currently not supported for python applications.\nRun with --help for usage help or --verbose for debug output',
    '[2026-11-23, 01:00:00 UTC] {spark_submit.py:571} INFO - Error: Cluster deploy mode is currently not supported for python applications on standalone clusters.',
  ],
  'archive-scheme-unsupported': [
    `26/11/23 01:00:45 ERROR SparkContext: Error initializing SparkContext.
org.apache.hadoop.fs.UnsupportedFileSystemException: No FileSystem for scheme "s3"
	at org.apache.hadoop.fs.FileSystem.getFileSystemClass(FileSystem.java:3443)
	at org.apache.hadoop.fs.FileSystem.createFileSystem(FileSystem.java:3466)
	at org.apache.spark.deploy.yarn.Client.prepareLocalResources(Client.scala:548)`,
    `java.io.IOException: No FileSystem for scheme: gs
	at org.apache.hadoop.fs.FileSystem.getFileSystemClass(FileSystem.java:2798)
	at org.apache.spark.util.Utils$.doFetchFile(Utils.scala:795)
	at org.apache.spark.SparkContext.addArchive(SparkContext.scala:1822)`,
    `java.lang.RuntimeException: java.lang.ClassNotFoundException: Class org.apache.hadoop.fs.s3a.S3AFileSystem not found
	at org.apache.hadoop.conf.Configuration.getClass(Configuration.java:2688)
	at org.apache.hadoop.fs.FileSystem.get(FileSystem.java:540)
	at org.apache.spark.util.DependencyUtils$.resolveGlobPath(DependencyUtils.scala:318)
	at org.apache.spark.deploy.SparkSubmit.prepareSubmitEnvironment(SparkSubmit.scala:364)`,
    `java.lang.UnsupportedOperationException: Not implemented by the HttpsFileSystem FileSystem implementation
	at org.apache.hadoop.fs.FileSystem.getScheme(FileSystem.java:219)`,
  ],
  'livy-local-path': [
    '{"msg":"requirement failed: Local path /home/ana/churn.tar.gz cannot be added to user sessions."}',
    'java.lang.IllegalArgumentException: requirement failed: Local path /srv/score.py cannot be added to user sessions.\n\tat scala.Predef$.require(Predef.scala:224)\n\tat org.apache.livy.server.interactive.InteractiveSession',
  ],
  'config-too-late': [
    `pyspark.errors.exceptions.captured.AnalysisException: [CANNOT_MODIFY_CONFIG] Cannot modify the value of the Spark config: "spark.yarn.dist.archives".`,
    "pyspark.sql.utils.AnalysisException: 'Cannot modify the value of a Spark config: spark.pyspark.python;'",
    'A session has already been started. If you intend to recreate the session with new configurations, please include the -f argument.',
  ],
  'cache-not-writable': [
    inWorker(
      `  File "./churn_tgz/churn/lib/python3.10/site-packages/umap/layouts.py", line 36, in <module>
    @numba.njit(cache=True)`,
      "RuntimeError: cannot cache function 'rdist': no locator available for file '/data/nm/filecache/12/churn_tgz/churn/lib/python3.10/site-packages/umap/layouts.py'",
    ),
    inWorker(
      `  File "./churn_tgz/churn/lib/python3.10/os.py", line 225, in makedirs
    mkdir(name, mode)`,
      "PermissionError: [Errno 13] Permission denied: '/home/yarn/.cache/huggingface'",
    ),
    inWorker(
      `  File "./churn_tgz/churn/lib/python3.10/site-packages/nltk/downloader.py", line 1070, in default_download_dir`,
      "OSError: [Errno 30] Read-only file system: '/home/nltk_data'",
    ),
    inWorker(
      `  File "./churn_tgz/churn/lib/python3.10/site-packages/matplotlib/__init__.py", line 560, in _get_config_or_cache_dir`,
      'OSError: Matplotlib requires access to a writable cache directory, but there was an issue with the default path (/home/.config/matplotlib), and a temporary directory could not be created; set the MPLCONFIGDIR environment variable to a writable directory',
    ),
    inWorker(
      `  File "./churn_tgz/churn/lib/python3.10/pathlib.py", line 1215, in mkdir
    self._accessor.mkdir(self, mode)`,
      "FileNotFoundError: [Errno 2] No such file or directory: '/nonexistent/.config/astropy'",
    ),
  ],
  'library-shadowed': [
    "ImportError: /lib64/libstdc++.so.6: version `GLIBCXX_3.4.29' not found (required by /x/_libs/window.so)",
    inWorker(
      `  File "./churn_tgz/churn/lib/python3.11/ssl.py", line 100, in <module>
    import _ssl             # if we can't import it, let the error propagate`,
      "ImportError: /lib64/libcrypto.so.3: version `OPENSSL_3.3.0' not found (required by ./churn_tgz/churn/lib/python3.11/lib-dynload/_ssl.cpython-311-x86_64-linux-gnu.so)",
    ),
    'ImportError: libssl.so.1.1: symbol EVP_idea_cbc version OPENSSL_1_1_0 not defined in file libcrypto.so.1.1 with link time reference',
    './churn_tgz/churn/bin/python: symbol lookup error: ./churn_tgz/churn/bin/../lib/libreadline.so.8: undefined symbol: UP',
  ],
  'hdfs-home-missing': [
    `Exception in thread "main" org.apache.hadoop.security.AccessControlException: Permission denied: user=ana, access=WRITE, inode="/user":hdfs:supergroup:drwxr-xr-x
	at org.apache.hadoop.hdfs.server.namenode.FSPermissionChecker.check(FSPermissionChecker.java:399)
	at org.apache.spark.deploy.yarn.Client.prepareLocalResources(Client.scala:432)`,
    'org.apache.hadoop.ipc.RemoteException(org.apache.hadoop.security.AccessControlException): Permission denied: user=ana, access=EXECUTE, inode="/user/ana/.sparkStaging/application_1_0001":root:hdfs:drwx------',
    `org.apache.hadoop.security.AccessControlException: Permission denied: user=ana, access=WRITE,
inode="/user/ana":hdfs:hdfs:drwxr-xr-x`,
  ],
  'ca-bundle-missing': [
    inWorker(
      `  File "/home/ana/jobs/enrich.py", line 18, in lookup
    return requests.get(url, timeout=5).json()`,
      "requests.exceptions.SSLError: HTTPSConnectionPool(host='geo.example', port=443): Max retries exceeded with url: /v1 (Caused by SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate in certificate chain (_ssl.c:1007)')))",
    ),
    inWorker(
      `  File "./churn_tgz/churn/lib/python3.10/site-packages/requests/adapters.py", line 263, in cert_verify
    raise OSError(`,
      'OSError: Could not find a suitable TLS CA certificate bundle, invalid path: /etc/pki/tls/certs/ca-bundle.crt',
    ),
    'OSError: When reading information for key x in bucket y: AWS Error NETWORK_CONNECTION during HeadObject operation: curlCode: 77, Problem with the SSL CA cert (path? access rights?)',
    "pycurl.error: (77, 'error setting certificate verify locations:  CAfile: /etc/ssl/certs/ca-certificates.crt CApath: none')",
  ],
  'locale-ascii': [
    `RuntimeError: Click will abort further execution because Python was configured to use ASCII as encoding for the environment. Consult https://click.palletsprojects.com/unicode-support/ for mitigation steps.`,
    inWorker(
      `  File "/home/ana/jobs/score.py", line 31, in name
    print(row.city)`,
      "UnicodeEncodeError: 'ascii' codec can't encode character '\\xfc' in position 4: ordinal not in range(128)",
    ),
    inWorker(
      `  File "/home/ana/jobs/score.py", line 33, in words
    return open("words.txt").read().split()
  File "./churn_tgz/churn/lib/python3.6/encodings/ascii.py", line 26, in decode
    return codecs.ascii_decode(input, self.errors)[0]`,
      "UnicodeDecodeError: 'ascii' codec can't decode byte 0xc3 in position 12: ordinal not in range(128)",
    ),
    'java.nio.file.InvalidPathException: Malformed input or input contains unmappable characters: /data/caf?.csv',
  ],
  'mkl-openmp-conflict': [
    'Intel MKL FATAL ERROR: Cannot load libmkl_avx512.so.2 or libmkl_def.so.2.',
    `OMP: Error #15: Initializing libiomp5.so, but found libgomp.so.1 already initialized.
OMP: Hint This means that multiple copies of the OpenMP runtime have been linked into the program.`,
    `Error: mkl-service + Intel(R) MKL: MKL_THREADING_LAYER=INTEL is incompatible with libgomp-a34b3233.so.1 library.
	Try to import numpy first or set the threading layer accordingly. Set MKL_SERVICE_FORCE_INTEL to force it.`,
    inWorker(
      `  File "./churn_tgz/churn/lib/python3.8/site-packages/sklearn/__check_build/__init__.py", line 44, in <module>
    from ._check_build import check_build  # noqa`,
      'ImportError: ./churn_tgz/churn/lib/python3.8/site-packages/sklearn/__check_build/../../scikit_learn.libs/libgomp-d22c30c5.so.1.0.0: cannot allocate memory in static TLS block',
    ),
    `26/11/23 01:00:00 ERROR Executor: Exception in task 0.0 in stage 0.0 (TID 0)
org.apache.spark.SparkException: Python worker exited unexpectedly (crashed)
	at org.apache.spark.api.python.BasePythonRunner$ReaderIterator$$anonfun$1.applyOrElse(PythonRunner.scala:536)
INTEL MKL ERROR: ./churn_tgz/churn/lib/libmkl_avx2.so.1: undefined symbol: mkl_sparse_optimize_bsr_trsm_i8.`,
  ],
  'noexec-mount': [
    inWorker(
      `  File "./churn_tgz/churn/lib/python3.11/site-packages/numpy/core/multiarray.py", line 10, in <module>
    from . import overrides`,
      'ImportError: /data/nm/usercache/ana/filecache/9/churn.tar.gz/churn/lib/python3.11/site-packages/numpy/core/_multiarray_umath.so: failed to map segment from shared object: Operation not permitted',
    ),
    `java.io.IOException: Cannot run program "./churn_tgz/churn/bin/python": error=13, Permission denied
	at java.base/java.lang.ProcessBuilder.start(ProcessBuilder.java:1143)
$ mount | grep nm
/dev/sdb1 on /data type xfs (rw,nosuid,nodev,noexec,relatime)`,
    './churn_tgz/churn/bin/python: error while loading shared libraries: libpython3.11.so.1.0: failed to map segment from shared object',
  ],
  'hash-seed-missing': [
    inWorker(
      `  File "/opt/spark/python/lib/pyspark.zip/pyspark/rdd.py", line 74, in portable_hash
    raise Exception("Randomness of hash of string should be disabled via PYTHONHASHSEED")`,
      'Exception: Randomness of hash of string should be disabled via PYTHONHASHSEED',
    ),
    'pyspark.errors.exceptions.base.PySparkRuntimeError: [PYTHON_HASH_SEED_NOT_SET] Randomness of hash of string should be disabled via PYTHONHASHSEED.',
  ],
  'python-worker-crash': [
    `org.apache.spark.SparkException: Python worker exited unexpectedly (crashed): Fatal Python error: Segmentation fault

Current thread 0x00007f952b9e0b80 (most recent call first):
  File "./churn_tgz/churn/lib/python3.11/site-packages/lightgbm/basic.py", line 1108 in predict
  File "/opt/spark/python/lib/pyspark.zip/pyspark/worker.py", line 1247 in main`,
    `26/11/23 01:00:00 WARN TaskSetManager: Lost task 3.0 in stage 2.0 (TID 11, node4, executor 5): org.apache.spark.SparkException: Python worker exited unexpectedly (crashed)
	at org.apache.spark.api.python.PythonRunner$$anon$1.read(PythonRDD.scala:203)
Caused by: java.io.EOFException
	at java.io.DataInputStream.readInt(DataInputStream.java:392)`,
    `Fatal Python error: Aborted

Current thread 0x00007f1c (most recent call first):
  File "./churn_tgz/churn/lib/python3.9/site-packages/torch/nn/functional.py", line 1848 in linear`,
  ],
  'python-worker-no-connect': [
    `org.apache.spark.SparkException: Python worker failed to connect back.
	at org.apache.spark.api.python.PythonWorkerFactory.createSimpleWorker(PythonWorkerFactory.scala:192)
Caused by: java.net.SocketTimeoutException: Accept timed out
	at java.base/java.net.ServerSocket.implAccept(ServerSocket.java:545)`,
    `org.apache.spark.SparkException: Python worker did not connect back in time
	at org.apache.spark.api.python.PythonWorkerFactory.createSimpleWorker(PythonWorkerFactory.scala:138)`,
    `org.apache.spark.SparkException:
Bad data in pyspark.daemon's standard output. Invalid port number:
  1349481836 (0x506f7274)
Python command to execute the daemon was:
  python -m pyspark.daemon`,
  ],
  'connect-server-without-python': [
    `pyspark.errors.exceptions.connect.SparkConnectGrpcException: (org.apache.spark.SparkException) Job aborted due to stage failure: Task 0 in stage 1.0 failed 4 times, most recent failure: Lost task 0.3 in stage 1.0 (TID 7) (node2 executor 1): org.apache.spark.SparkException:
Error from python worker:
  /usr/bin/python3: Error while finding module specification for 'pyspark.daemon' (ModuleNotFoundError: No module named 'pyspark')
PYTHONPATH was:
  /data/nm/filecache/11/__spark_libs__.zip/spark-core_2.13-4.0.0.jar`,
    `26/11/23 01:00:00 INFO SparkConnectServer: Spark Connect server started at: 0:0:0:0:0:0:0:0%0:15002
26/11/23 01:02:00 WARN TaskSetManager: Lost task 0.0 in stage 0.0 (TID 0) (10.0.0.7 executor 1): java.io.IOException: Cannot run program "python3": error=2, No such file or directory`,
  ],
} as const;
