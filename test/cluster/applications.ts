/** The article's check as an application, and where each Python and its numpy are. */
export const APPLICATION = `import json, sys
from pyspark import SparkContext

def npv(x):
    import numpy
    return numpy.__version__

def where(x):
    import numpy
    return sys.executable, numpy.__file__

sc = SparkContext.getOrCreate()
numbers = sc.parallelize(range(1000), 10)
result = "RESULT " + json.dumps({
    "npv": sorted(set(numbers.map(npv).collect())),
    "executors": sorted(set(numbers.map(where).collect())),
    "driver": sys.executable,
    "arguments": sys.argv[1:],
})
print(result)
if len(sys.argv) > 1:
    with open(sys.argv[1], "w") as file:
        file.write(result)
sc.stop()
`;

export interface ApplicationResult {
  npv: string[];
  executors: [executable: string, numpyFile: string][];
  driver: string;
  arguments: string[];
}
