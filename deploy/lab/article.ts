import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism, freemem } from 'node:os';

/** What the article's check and its decile job gave. */
export interface ArticleResult {
  npv: string[];
  job: { rows: number; columns: number; deciles: number[]; seconds: number };
}

const MARK = 'ARTICLE_RESULT ';
const COLUMNS = 100;
/** A Spark that ran out of memory waits for ever. */
const LIMIT_SECONDS = 300;

/**
 * The article's size needs 800 MB as an array and 3.2 GB as a list, in a driver beside a JVM that
 * holds the same once more, and an executor's Python for every core.
 */
export function rowsThatFit(): number {
  return freemem() > 12e9 && availableParallelism() >= 2 ? 1_000_000 : 100_000;
}

/** The article's two examples: numpy's version on the executors, and deciles of random normals. */
export function articleScript(rows: number): string {
  return `import json, time
def npv(x):
    import numpy
    return numpy.__version__

versions = set(sc.parallelize(range(1000), 10).map(npv).collect())

import numpy as np
np.random.seed(42)
X = np.random.normal(size=(${rows}, ${COLUMNS}))
started = time.time()
rdd = sc.parallelize(X.T.tolist(), 8)
del X
def deciles(column):
    import pandas as pd
    codes = pd.qcut(pd.Series(column), 10, labels=False)
    return codes.value_counts().sort_index().tolist()

result = rdd.map(deciles).collect()
print("\\n${MARK}" + json.dumps({"npv": sorted(versions), "job": {
    "rows": ${rows}, "columns": len(result), "deciles": result[0],
    "seconds": round(time.time() - started, 1)}}))
`;
}

/**
 * Pastes a pyspark line on the edge node, as a person does in a terminal, and runs a script in the
 * shell that opens. Throws with what the terminal showed when no result comes.
 */
export async function runInPyspark(
  edge: { sshConfigFile: string },
  lines: { directory: string | null; text: string },
  scriptFile: string,
  show: (line: string) => void,
): Promise<ArticleResult> {
  const change = lines.directory === null ? '' : `cd '${lines.directory}' && `;
  // -tt gives the terminal that Python's interactive mode and its startup file need.
  const ssh = spawn('ssh', ['-tt', '-F', edge.sshConfigFile, 'edge', `${change}${lines.text}`], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let output = '';
  const hear = (chunk: Buffer) => {
    const text = chunk.toString('utf8');
    output += text;
    for (const line of text.split(/\r?\n/)) if (line.trim()) show(line);
  };
  ssh.stdout.on('data', hear);
  ssh.stderr.on('data', hear);
  const limit = setTimeout(() => ssh.kill(), LIMIT_SECONDS * 1000);
  ssh.stdin.write(`exec(open('${scriptFile}').read())\nexit()\n`);
  await once(ssh, 'close');
  clearTimeout(limit);
  const line = output.split(/\r?\n/).findLast((candidate) => candidate.startsWith(MARK));
  if (line === undefined) {
    throw new Error(`the pyspark shell gave no result:\n${output.slice(-4000)}`);
  }
  return JSON.parse(line.slice(MARK.length)) as ArticleResult;
}

/** Both promises of the article: one numpy everywhere, and ten equal parts of every column. */
export function holds(result: ArticleResult): boolean {
  const { rows, columns, deciles } = result.job;
  return (
    result.npv.length === 1 &&
    columns === COLUMNS &&
    deciles.length === 10 &&
    deciles.every((count) => count === rows / 10)
  );
}
