/**
 * One real cluster for all tests of a file: YARN (and HDFS), an edge node behind OpenSSH, Spark, and
 * environments that the product itself builds from the lab's channel through `conda-ferry exec`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type { HadoopVersion } from '../../deploy/lab/cluster/cluster.ts';
import { labConfiguration, writeConfiguration } from '../../deploy/lab/configuration.ts';
import { type Lab, startLab } from '../../deploy/lab/lab.ts';
import { laboratory } from '../../deploy/lab/laboratory.ts';
import { createEdge, type EdgeConfig } from '../../src/adapters/edge/edge.ts';
import type { Staging, Verification } from '../../src/domain/environment.ts';
import { worksWithPandas } from '../../src/domain/fit.ts';
import type { Edge } from '../../src/domain/ports.ts';
import type { InvocationLine, Reply } from '../../src/domain/reply.ts';
import type { VerificationSubject } from '../../src/domain/verification.ts';
import type { BuildPorts } from '../../src/pipeline/context.ts';
import { verifyStaging } from '../../src/pipeline/steps/verify.ts';
import type { PrintedReply } from '../../src/terminal/exec.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'main.js');
/** Longest wait for one command on a busy machine; a test that needs it has failed anyway. */
const LIMIT_SECONDS = 240;

/** Why a cluster of these versions cannot be started here; false when it can. */
export function withoutCluster(hadoop: string, spark: string): string | false {
  if (!existsSync(laboratory.hadoopJars(hadoop))) return `Hadoop ${hadoop} is not prepared`;
  return withoutSpark(spark);
}

export function withoutSpark(spark: string): string | false {
  if (!existsSync(laboratory.sparkHome(spark))) return `Spark ${spark} is not prepared`;
  return existsSync(laboratory.channel) ? false : "the lab's channel is not prepared";
}

export interface Output {
  code: number | null;
  stdout: string;
  stderr: string;
  seconds: number;
}

export type Built = Extract<Reply, { kind: 'build' }>['build'] & { lines: InvocationLine[] };

export interface World {
  directory: string;
  lab: Lab;
  /** The staging root on the edge. */
  root: string;
  /** Builds through the product and throws unless the build is ready. */
  build(text: string): Promise<Built>;
  /** The one line that `/conda-env TEXT` answers with. */
  line(text: string): Promise<InvocationLine>;
  /** What a person on the edge node types; never throws for the command's own exit code. */
  ssh(command: string): Promise<Output>;
  /** Puts a file where the edge can read it and returns its path. */
  file(name: string, content: string): string;
  /** The edge as the product reaches it. */
  edge(change?: Partial<EdgeConfig>): Edge;
  /** The product's verification step alone, with everything it logged. */
  verify(
    subject: VerificationSubject,
    options?: { timeoutSeconds?: number; executors?: number; edge?: Edge },
  ): Promise<Verification & { log: string }>;
  /** Applications that the ResourceManager has not seen the end of. */
  runningApplications(): Promise<string[]>;
  /** Starts of the application masters so far: every application that got a container. */
  applications(): string[];
  stop(): Promise<void>;
}

export interface WorldOptions {
  hadoop?: HadoopVersion;
  spark?: string;
  fileSystem?: 'file' | 'hdfs';
}

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const { hadoop = '3.5.0', spark = '3.5.9', fileSystem = 'hdfs' } = options;
  const directory = mkdtempSync(join(tmpdir(), 'ferry-cluster-'));
  const root = join(directory, 'edge-root');
  const files = join(directory, 'files');
  for (const folder of [root, files]) mkdirSync(folder, { mode: 0o755 });
  const lab = await startLab({
    directory: join(directory, 'lab'),
    hadoop,
    spark,
    fileSystem,
  }).catch((error) => {
    rmSync(directory, { recursive: true, force: true });
    throw error;
  });
  const configFile = join(directory, 'conda-ferry.yaml');
  const configuration = {
    dataDirectory: join(directory, 'data'),
    root,
    slackApiUrl: 'http://127.0.0.1:9/api/',
    hdfs: fileSystem === 'hdfs',
    logFile: join(directory, 'conda-ferry.log'),
  };
  await writeConfiguration(configFile, lab.state, configuration);
  const [edgeConfig] = labConfiguration(lab.state, configuration).edges;
  if (!edgeConfig) throw new Error('the lab has no edge');

  const exec = async (text: string, ...flags: string[]): Promise<PrintedReply> => {
    const result = await runProgram(process.execPath, [
      ...[MAIN, 'exec', '--json', '--config', configFile, ...flags, '--', text],
    ]);
    if (result.stdout === '') throw new Error(`exec '${text}':\n${result.stderr}`);
    return JSON.parse(result.stdout) as PrintedReply;
  };
  const edge = (change: Partial<EdgeConfig> = {}): Edge =>
    createEdge({ alias: 'MYGLOBALENV', ...edgeConfig, ...change } as EdgeConfig, {
      log: () => {},
    });

  return {
    directory,
    lab,
    root,
    async build(text) {
      const reply = await exec(`create ${text}`, '--wait');
      if (reply.kind !== 'build' || reply.build.state !== 'ready') {
        throw new Error(`create ${text}: ${JSON.stringify(reply, null, 1).slice(0, 6000)}`);
      }
      return { ...reply.build, lines: reply.lines };
    },
    async line(text) {
      const reply = await exec(text);
      const [line] = reply.kind === 'invocation' ? reply.lines : [];
      if (!line) throw new Error(`${text}: ${JSON.stringify(reply)}`);
      return line;
    },
    ssh: (command) => runProgram('ssh', ['-F', lab.state.edge.sshConfigFile, 'edge', command]),
    file(name, content) {
      const path = join(files, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
      return path;
    },
    edge,
    async verify(subject, given = {}) {
      const { timeoutSeconds = LIMIT_SECONDS, executors = 2 } = given;
      const log: string[] = [];
      const ports = {
        clock: { now: Date.now },
        verification: { enabled: true, timeoutSeconds, executors },
      } as BuildPorts;
      const verification = await verifyStaging(ports, given.edge ?? edge(), subject, {
        signal: new AbortController().signal,
        log: (line) => log.push(line),
        detail: () => {},
      });
      return { ...verification, log: log.join('\n') };
    },
    async runningApplications() {
      // The REST interface of the shaded 3.3 jar answers 500; the command asks over RPC.
      const { stdout } = await runProgram('ssh', [
        ...['-F', lab.state.edge.sshConfigFile, 'edge'],
        'yarn application -list -appStates NEW,NEW_SAVING,SUBMITTED,ACCEPTED,RUNNING',
      ]);
      return stdout.match(/application_\d+_\d+/g) ?? [];
    },
    applications() {
      const log = join(lab.state.directory, 'cluster/logs/resourcemanager.log');
      const started = readFileSync(log, 'utf8').match(
        /(application_\d+_\d+) State change from NEW to NEW_SAVING/g,
      );
      return (started ?? []).map((text) => text.split(' ')[0] as string);
    },
    async stop() {
      await lab.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Runs a program to its end. Throws with what it wrote when it does not end. */
async function runProgram(program: string, args: string[]): Promise<Output> {
  const started = Date.now();
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    // The product's own Node, whichever one started the tests.
    env: { ...process.env, PATH: [dirname(process.execPath), process.env.PATH].join(delimiter) },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  let isLate = false;
  const limit = setTimeout(() => {
    isLate = true;
    child.kill();
  }, LIMIT_SECONDS * 1000);
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(limit);
  const output = { code, stdout, stderr, seconds: (Date.now() - started) / 1000 };
  if (isLate) throw new Error(`${args.at(-1)}: no end after ${LIMIT_SECONDS} s\n${tell(output)}`);
  return output;
}

/** The end of what a command wrote, for the message of an assertion. */
export function tell(output: Output): string {
  return `exit ${output.code} after ${output.seconds} s\n${output.stdout.slice(-2000)}\n${output.stderr.slice(-6000)}`;
}

/** A line as a person runs it: in its folder, when it names one. */
export function typed(line: InvocationLine): string {
  return line.directory === null ? line.text : `cd '${line.directory}' && ${line.text}`;
}

/** What to verify of a finished build. */
export function subjectOf(build: Built, staging?: Partial<Staging>): VerificationSubject {
  const [known] = build.stagings;
  if (!known) throw new Error(`${build.request.environment} is not staged`);
  // What is not as it was staged is not what the launcher starts.
  const change = staging && { archiveLink: null, ...staging };
  const { request, lock, imports } = build;
  const there = { ...known, ...change };
  const tables = lock !== null && worksWithPandas(request, lock, there.cluster);
  return { imports, tables, staging: there };
}

/** The JSON after `RESULT ` in what an application printed. */
export function resultIn<T>(output: Output): T {
  const line = output.stdout.split(/\r?\n/).findLast((each) => each.startsWith('RESULT '));
  if (line === undefined) throw new Error(`no RESULT\n${tell(output)}`);
  return JSON.parse(line.slice('RESULT '.length)) as T;
}

/** Folders that a NodeManager unpacked an archive of this name into, by visibility. */
export function unpackedCopies(world: World, archive: string): { public: string[]; own: string[] } {
  const local = join(world.lab.state.directory, 'cluster/nodemanager1/local');
  return {
    public: globSync(`filecache/*/${archive}`, { cwd: local }).map((path) => join(local, path)),
    own: globSync(`usercache/*/{filecache,appcache/*/filecache}/*/${archive}`, {
      cwd: local,
    }).map((path) => join(local, path)),
  };
}
