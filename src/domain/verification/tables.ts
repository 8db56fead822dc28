import { listOf, object, or, string } from '../shape.ts';

/** What came of DataFrames, and of what goes through pandas. */
export interface TablesEvidence {
  /** What went well, in words and in order; empty where there is no pandas. */
  ran: string[];
  /** What did not, with the end of its traceback. */
  failed: { step: string; error: string; traceback: string } | null;
}

export const TABLES = object<TablesEvidence>({
  ran: listOf(string),
  failed: or(
    object<NonNullable<TablesEvidence['failed']>>({
      ...{ step: string, error: string, traceback: string },
    }),
    null,
  ),
});

/**
 * Python text that defines `tables()`: a DataFrame there and back in the ways of pandas, with the
 * types that versions of pandas and numpy have disagreed with Spark on, and a pandas UDF on the
 * executors where pyarrow is there. `import_for_tables()` and `prepare_tables()` do beforehand what of it
 * needs no executor: Python's imports, Spark's plans and the code it makes of them, which it keeps.
 */
export const TABLES_SCRIPT = `
def has(name):
    import importlib.util
    return importlib.util.find_spec(name) is not None

def table_session():
    from pyspark.sql import SparkSession
    session = SparkSession.builder.getOrCreate()
    if has("pyarrow"):
        session.conf.set("spark.sql.execution.arrow.pyspark.enabled", "true")
    return session

def table(session):
    return session.range(0, 10, 1, 1).selectExpr("id", "id % 2 = 0 AS even", "current_timestamp() AS at")

def import_for_tables():
    import importlib
    for name in ("pandas", "pyarrow"):
        if has(name):
            importlib.import_module(name)

def prepare_tables():
    try:
        if not has("pandas"):
            return
        import pandas
        session = table_session()
        local = pandas.DataFrame({"id": [0], "even": [True], "at": pandas.to_datetime([0])})
        for frame in (table(session), session.createDataFrame(local)):
            frame.filter("even")._jdf.queryExecution().toRdd()
    except Exception:
        pass

def tables():
    import traceback
    ran, step = [], None
    if not has("pandas"):
        return {"ran": ran, "failed": None}
    try:
        step = "a DataFrame"
        session = table_session()
        frame = table(session)
        assert len(frame.filter("even").collect()) == 5
        ran.append(step)
        step = "toPandas"
        local = frame.toPandas()
        assert int(local["id"].sum()) == 45
        ran.append(step)
        step = "createDataFrame"
        assert len(session.createDataFrame(local).filter("even").collect()) == 5
        ran.append(step)
        if has("pyarrow"):
            step = "a pandas UDF"
            from pyspark.sql.functions import pandas_udf
            following = pandas_udf(lambda column: column + 1, "long")
            assert sum(row[0] for row in session.range(10).select(following("id")).collect()) == 55
            ran.append(step)
        return {"ran": ran, "failed": None}
    except BaseException as error:
        text = "%s: %s" % (type(error).__name__, str(error)[:300])
        return {"ran": ran, "failed": {"step": step, "error": text, "traceback": traceback.format_exc()[-6000:]}}
`;
