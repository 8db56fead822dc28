/** What does not fit Spark: its packages, its Python, its Java, its own version. */

/** A traceback of a worker, as the driver's log shows it. */
export function inWorker(calls: string, exception: string): string {
  return `26/11/23 01:19:42 WARN TaskSetManager: Lost task 0.0 in stage 3.0 (TID 7) (node1 executor 2): org.apache.spark.api.python.PythonException: Traceback (most recent call last):
  File "/data/nm/appcache/application_1_0001/container_1_0001_01_000003/pyspark.zip/pyspark/worker.py", line 686, in main
    process()
${calls}
${exception}

	at org.apache.spark.api.python.BasePythonRunner$ReaderIterator.handlePythonException(PythonRunner.scala:561)
	at org.apache.spark.executor.Executor$TaskRunner.run(Executor.scala:548)`;
}

/** A traceback of the driver. */
export function inDriver(calls: string, exception: string): string {
  return `26/11/23 01:19:40 INFO SparkContext: Running Spark version 3.3.2
Traceback (most recent call last):
  File "/home/ana/jobs/score.py", line 12, in <module>
    main()
${calls}
${exception}
26/11/23 01:19:43 INFO SparkContext: Invoking stop() from shutdown hook`;
}

const UNPICKLING = `  File "/opt/spark/python/lib/pyspark.zip/pyspark/worker.py", line 85, in read_command
    command = serializer._read_with_length(file)
  File "/opt/spark/python/lib/pyspark.zip/pyspark/serializers.py", line 471, in loads
    return cloudpickle.loads(obj, encoding=encoding)`;

export const SUPPORT_FAILURES = {
  'package-unsupported-by-spark': [
    inDriver(
      `  File "/opt/spark/python/pyspark/sql/pandas/conversion.py", line 474, in _convert_from_pandas
    for column, series in pdf.iteritems():
  File "/srv/envs/churn/3/lib/python3.10/site-packages/pandas/core/generic.py", line 5989, in __getattr__
    return object.__getattribute__(self, name)`,
      "AttributeError: 'DataFrame' object has no attribute 'iteritems'",
    ),
    // An old notebook, whose calls are written in another way.
    `---------------------------------------------------------------------------
AttributeError                            Traceback (most recent call last)
<ipython-input-7-0a1b2c3d> in <module>
----> 1 sdf = spark.createDataFrame(pdf)

/databricks/spark/python/pyspark/sql/session.py in createDataFrame(self, data, schema)
    889             # Create a DataFrame from pandas DataFrame.
--> 890             return super(SparkSession, self).createDataFrame(

/databricks/spark/python/pyspark/sql/pandas/conversion.py in _convert_from_pandas(self, pdf, schema, timezone)
    467                         pdf[column] = s

/databricks/python/lib/python3.9/site-packages/pandas/core/generic.py in __getattr__(self, name)
   5900         return object.__getattribute__(self, name)

AttributeError: 'DataFrame' object has no attribute 'iteritems'`,
    inDriver(
      `  File "/opt/spark/python/pyspark/sql/pandas/conversion.py", line 150, in toPandas
    np.bool,
  File "/srv/envs/churn/3/lib/python3.10/site-packages/numpy/__init__.py", line 305, in __getattr__
    raise AttributeError(__former_attrs__[attr])`,
      "AttributeError: module 'numpy' has no attribute 'bool'.",
    ),
    inDriver(
      `  File "/opt/spark/python/pyspark/sql/pandas/conversion.py", line 251, in toPandas
    df[column_name] = df[column_name].astype(t, copy=False)
  File "/srv/envs/churn/3/lib/python3.10/site-packages/pandas/core/dtypes/cast.py", line 1503, in maybe_cast_to_datetime
    raise TypeError(`,
      "TypeError: Casting to unit-less dtype 'datetime64' is not supported. Pass e.g. 'datetime64[ns]' instead.",
    ),
    `pyspark.errors.exceptions.base.PySparkImportError: [UNSUPPORTED_PACKAGE_VERSION] PyArrow >= 11.0.0 must be installed;
however, your version is 10.0.1.`,
    `org.apache.spark.SparkException: Job aborted due to stage failure: Task 0 in stage 1.0 failed 4 times: java.lang.IllegalArgumentException
	at java.nio.ByteBuffer.allocate(ByteBuffer.java:334)
	at org.apache.arrow.vector.ipc.message.MessageSerializer.readMessage(MessageSerializer.java:543)
	at org.apache.arrow.vector.ipc.message.MessageChannelReader.readNext(MessageChannelReader.java:58)
	at org.apache.spark.sql.execution.python.ArrowPythonRunner$$anon$1.read(ArrowPythonRunner.scala:162)`,
    `_________________________ test_score _________________________
tests/test_score.py:14: in test_score
    import pyspark.pandas as ps
/opt/spark/python/pyspark/pandas/__init__.py:60: in <module>
    from pyspark.pandas.frame import DataFrame
/opt/spark/python/pyspark/pandas/frame.py:88: in <module>
    from pandas.core.indexes.accessors import DatetimeProperties, Int64Index
E   ImportError: cannot import name 'Int64Index' from 'pandas' (/srv/envs/churn/3/lib/python3.11/site-packages/pandas/__init__.py)
=========================== short test summary info ===========================`,
  ],
  'python-unsupported-by-spark': [
    inDriver(
      `  File "/opt/spark/python/pyspark/sql/pandas/utils.py", line 27, in require_minimum_pandas_version
    from distutils.version import LooseVersion`,
      "ModuleNotFoundError: No module named 'distutils'",
    ),
    `Traceback (most recent call last):
  File "/opt/spark/python/pyspark/serializers.py", line 458, in dumps
    return cloudpickle.dumps(obj, pickle_protocol)
  File "/opt/spark/python/pyspark/cloudpickle/cloudpickle.py", line 334, in <dictcomp>
    out_names = {names[oparg]: None for _, oparg in _walk_global_ops(co)}
  File "/opt/spark/python/pyspark/cloudpickle/cloudpickle.py", line 334, in _extract_code_globals
    out_names = {names[oparg]: None for _, oparg in _walk_global_ops(co)}
IndexError: tuple index out of range

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/home/ana/jobs/score.py", line 9, in <module>
    rdd.map(lambda x: x + 1).collect()
  File "/opt/spark/python/pyspark/serializers.py", line 468, in dumps
    raise pickle.PicklingError(msg)
_pickle.PicklingError: Could not serialize object: IndexError: tuple index out of range`,
    `Traceback (most recent call last):
  File "/home/ana/jobs/score.py", line 1, in <module>
    import pyspark
  File "/usr/lib/spark-2.4.4/python/pyspark/__init__.py", line 51, in <module>
    from pyspark.context import SparkContext
  File "/usr/lib/spark-2.4.4/python/pyspark/cloudpickle.py", line 127, in _make_cell_set_template_code
    return types.CodeType(
TypeError: an integer is required (got type bytes)`,
    `Error from python worker:
  Traceback (most recent call last):
    File "/usr/lib64/python2.7/runpy.py", line 151, in _run_module_as_main
      mod_name, loader, code, fname = _get_module_details(mod_name)
    File "/data/nm/filecache/12/pyspark.zip/pyspark/__init__.py", line 53
      def since(version: Union[str, float]) -> Callable[[_F], _F]:
                       ^
  SyntaxError: invalid syntax`,
    `Traceback (most recent call last):
  File "/usr/local/spark/python/pyspark/shell.py", line 31, in <module>
    import pyspark
  File "/usr/local/spark/python/pyspark/serializers.py", line 394, in _hijack_namedtuple
    cls = _old_namedtuple(*args, **kwargs)
TypeError: namedtuple() missing 3 required keyword-only arguments: 'verbose', 'rename', and 'module'`,
  ],
  'module-missing-on-driver': [
    inDriver(
      `  File "/home/ana/jobs/score.py", line 4, in main
    from sklearn.ensemble import GradientBoostingClassifier`,
      "ModuleNotFoundError: No module named 'sklearn'",
    ),
    `26/11/23 01:00:00 ERROR ApplicationMaster: User application exited with status 1
Traceback (most recent call last):
  File "score.py", line 3, in <module>
    import pandas as pd
ImportError: No module named pandas`,
    inDriver(
      `  File "/opt/spark/python/pyspark/sql/pandas/utils.py", line 45, in require_minimum_pandas_version
    raise ImportError(`,
      'ImportError: Pandas >= 1.0.5 must be installed; however, it was not found.',
    ),
    inDriver(
      `  File "/home/ana/jobs/report.py", line 40, in write
    frame.to_excel(path)
  File "/srv/envs/churn/3/lib/python3.11/site-packages/pandas/io/excel/_openpyxl.py", line 56, in __init__
    from openpyxl.workbook import Workbook`,
      "ModuleNotFoundError: No module named 'openpyxl'",
    ),
    `collect | 2026-11-23 job-7 >> Traceback (most recent call last):
collect | 2026-11-23 job-7 >>   File "/tmp/spark-1/main.py", line 4, in <module>
collect | 2026-11-23 job-7 >>     import lightgbm
collect | 2026-11-23 job-7 >> ModuleNotFoundError: No module named 'lightgbm'`,
  ],
  'spark-version-differs': [
    `26/11/23 01:19:42 WARN TransportChannelHandler: Exception in connection from /10.0.0.7:35601
java.io.InvalidClassException: scala.collection.immutable.Map1; local class incompatible: stream classdesc serialVersionUID = 11, local class serialVersionUID = 12`,
    inDriver(
      `  File "/srv/envs/churn/3/lib/python3.11/site-packages/pyspark/rdd.py", line 5270, in _wrap_function
    return sc._jvm.SimplePythonFunction(`,
      "TypeError: 'JavaPackage' object is not callable",
    ),
    inDriver(
      `  File "/srv/envs/churn/3/lib/python3.11/site-packages/py4j/java_gateway.py", line 1547, in __getattr__
    raise Py4JError(`,
      'py4j.protocol.Py4JError: org.apache.spark.api.python.PythonUtils.getPythonAuthSocketTimeout does not exist in the JVM',
    ),
    `py4j.protocol.Py4JError: An error occurred while calling None.org.apache.spark.api.python.PythonFunction. Trace:
py4j.Py4JException: Constructor org.apache.spark.api.python.PythonFunction([class [B, class java.util.HashMap, class java.util.ArrayList, class java.lang.String, class java.lang.String, class java.util.ArrayList, class org.apache.spark.api.python.PythonAccumulatorV2]) does not exist
	at py4j.reflection.ReflectionEngine.getConstructor(ReflectionEngine.java:179)`,
    `java.io.InvalidClassException: org.apache.spark.scheduler.Task; local class incompatible: stream classdesc serialVersionUID = 553100815431272095, local class serialVersionUID = 4027807236498432
	at java.base/java.io.ObjectStreamClass.initNonProxy(ObjectStreamClass.java:597)`,
    inWorker(UNPICKLING, "ModuleNotFoundError: No module named 'pyspark.core'"),
  ],
  'java-unsupported': [
    `Error: A JNI error has occurred, please check your installation and try again
Exception in thread "main" java.lang.UnsupportedClassVersionError: org/apache/spark/launcher/Main has been compiled by a more recent version of the Java Runtime (class file version 61.0), this version of the Java Runtime only recognizes class file versions up to 55.0`,
    `Exception in thread "main" java.lang.UnsupportedClassVersionError: org/apache/spark/launcher/Main : Unsupported major.minor version 52.0
	at java.lang.ClassLoader.defineClass1(Native Method)`,
    `py4j.protocol.Py4JJavaError: An error occurred while calling None.org.apache.spark.api.java.JavaSparkContext.
: java.lang.IllegalAccessError: class org.apache.spark.storage.StorageUtils$ (in unnamed module @0x5a8e6209) cannot access class sun.nio.ch.DirectBuffer (in module java.base) because module java.base does not export sun.nio.ch to unnamed module @0x5a8e6209
	at org.apache.spark.storage.StorageUtils$.<init>(StorageUtils.scala:213)`,
    `: java.lang.UnsupportedOperationException: sun.misc.Unsafe or java.nio.DirectByteBuffer.<init>(long, int) not available
	at io.netty.util.internal.PlatformDependent.directBuffer(PlatformDependent.java:473)
	at org.apache.spark.sql.execution.arrow.ArrowConverters$.loadBatch(ArrowConverters.scala:222)`,
    `pyspark.sql.utils.IllegalArgumentException: 'Unsupported class file major version 61'`,
    `Unrecognized VM option 'UseConcMarkSweepGC'
Error: Could not create the Java Virtual Machine.
Error: A fatal exception has occurred. Program will exit.`,
    `Exception in thread "main" java.lang.ExceptionInInitializerError
	at org.apache.hadoop.util.StringUtils.<clinit>(StringUtils.java:80)
Caused by: java.lang.StringIndexOutOfBoundsException: begin 0, end 3, length 2
	at java.base/java.lang.String.checkBoundsBeginEnd(String.java:3319)
	at java.base/java.lang.String.substring(String.java:1874)
	at org.apache.hadoop.util.Shell.<clinit>(Shell.java:52)`,
  ],
  'package-version-differs': [
    inWorker(UNPICKLING, "ModuleNotFoundError: No module named 'pandas.core.internals.managers'"),
    inWorker(
      UNPICKLING,
      "AttributeError: Can't get attribute '_unpickle_block' on <module 'pandas._libs.internals' from '/usr/lib64/python3.9/site-packages/pandas/_libs/internals.cpython-39-x86_64-linux-gnu.so'>",
    ),
    `org.apache.spark.api.python.PythonException: 'AttributeError: Can't get attribute 'new_block' on <module 'pandas.core.internals.blocks' from '/databricks/python/lib/python3.7/site-packages/pandas/core/internals/blocks.py'>'. Full traceback below:
Traceback (most recent call last):
  File "/databricks/spark/python/pyspark/serializers.py", line 466, in loads
    return pickle.loads(obj, encoding=encoding)
AttributeError: Can't get attribute 'new_block' on <module 'pandas.core.internals.blocks' from '/databricks/python/lib/python3.7/site-packages/pandas/core/internals/blocks.py'>`,
    inWorker(
      `${UNPICKLING}
  File "/usr/lib64/python3.9/site-packages/numpy/random/_pickle.py", line 60, in __randomstate_ctor`,
      'TypeError: __randomstate_ctor() takes from 0 to 1 positional arguments but 2 were given',
    ),
    inWorker(
      `  File "/home/ana/jobs/score.py", line 20, in model
    return joblib.load("model.pkl")
  File "/srv/envs/churn/3/lib/python3.9/site-packages/joblib/numpy_pickle.py", line 587, in load
    obj = _unpickle(fobj, filename, mmap_mode)`,
      "ModuleNotFoundError: No module named 'sklearn.ensemble.gradient_boosting'",
    ),
  ],
  'module-shadowed': [
    `Traceback (most recent call last):
  File "/home/ana/jobs/pyspark.py", line 1, in <module>
    from pyspark.sql import SparkSession
  File "/home/ana/jobs/pyspark.py", line 1, in <module>
    from pyspark.sql import SparkSession
ModuleNotFoundError: No module named 'pyspark.sql'; 'pyspark' is not a package`,
    `Traceback (most recent call last):
  File "/home/ana/jobs/score.py", line 2, in <module>
    import numpy as np
  File "/home/ana/jobs/numpy.py", line 5, in <module>
    x = np.array([1])
AttributeError: partially initialized module 'numpy' has no attribute 'array' (most likely due to a circular import)`,
    `Traceback (most recent call last):
  File "/home/ana/jobs/score.py", line 3, in <module>
    print(random.randint(1, 2))
AttributeError: module 'random' has no attribute 'randint' (consider renaming '/home/ana/jobs/random.py' since it has the same name as the standard library module named 'random' and prevents importing that standard library module)`,
    `Traceback (most recent call last):
  File "/home/ana/jobs/score.py", line 1, in <module>
    from pyspark import SparkContext
ImportError: cannot import name 'SparkContext' from 'pyspark' (/home/ana/jobs/pyspark.py)`,
  ],
} as const;
