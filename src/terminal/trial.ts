import { execute } from '../../commands/execute.ts';
import { commandHelp, commands } from '../../commands/registry.ts';
import { createEdge } from '../adapters/edge/edge.ts';
import { createWorkspace } from '../adapters/host/workspace.ts';
import { removeKeys } from '../adapters/redis/examine.ts';
import { createStore } from '../adapters/redis/store.ts';
import { newestPerEdge } from '../answers/evidence.ts';
import { type Config, settingsOf } from '../config.ts';
import type { Build } from '../domain/build.ts';
import {
  type CheckResult,
  type Fault,
  failed,
  rowsOf,
  unknown,
  warning,
} from '../domain/doctor.ts';
import { edgesOn, platformOfEdge } from '../domain/edge-platforms.ts';
import { toFailure } from '../domain/errors.ts';
import { duration } from '../domain/figures.ts';
import type { Edge } from '../domain/ports.ts';
import type { Reply } from '../domain/reply.ts';
import { type Foundation, openServices } from '../foundation.ts';
import { startWorker } from '../worker.ts';
import { untilAborted } from './command.ts';
import { follow } from './follow.ts';

/**
 * The environment that `check --full` makes. Its records are beside everybody else's, under a prefix of their own:
 * nobody sees it in Slack or lists, no other worker takes it, and no rule holds it up.
 */
const NAME = 'conda-ferry-check';
const DOCTOR = 'doctor';
/** Milliseconds in which all of it must have gone. */
const CLEAR_MS = 120_000;

/**
 * Makes a tiny environment, stages it on every edge of this host's platform and has the clusters prove it, as a person’s would be, in this
 * process; whatever comes of it, it is removed again, and what an earlier one left that was killed. What it is about to
 * do and each step as it ends are told on standard error.
 */
export async function tryAll(laid: Foundation, signal: AbortSignal): Promise<CheckResult[]> {
  const { platform } = laid.config.worker;
  const settings = settingsOf(laid.config);
  const all = laid.config.edges.map(({ name }) => name);
  const edges = edgesOn(platform, settings);
  const others = all.filter((edge) => !edges.includes(edge));
  const faults: Fault[] = others.map((edge) =>
    unknown(
      `nothing is made for ${edge}, which is for ${platformOfEdge(edge, settings)}: this host builds for ${platform}`,
      'Type the same on a build host of that platform.',
    ),
  );
  if (edges.length === 0) return rowsOf('full', { text: '', faults });
  const began = performance.now();
  process.stderr.write(
    `Making \`${NAME}\`, an environment with Python alone; staging it on ${edges.join(', ')}, and proving and removing it there. That takes about as long as anybody’s first.\n`,
  );
  const foundation = { ...laid, prefix: `${laid.prefix}:check`, config: withoutRules(laid.config) };
  let text = '';
  try {
    const left = await clear(foundation);
    if (left.length > 0) return rowsOf('full', { text, faults: left });
    const build = await make(foundation, edges, signal);
    ({ text } = tell(build, performance.now() - began, faults));
  } catch (error) {
    signal.throwIfAborted();
    faults.push(faultOf(error));
  } finally {
    faults.push(...(await clear(foundation)));
  }
  return rowsOf('full', { text, faults });
}

/** What is made for a moment needs nobody's approval and is nobody's share. */
function withoutRules(config: Config): Config {
  const quota = { ...config.quota, builds: null, environments: null, gigabytes: null };
  return {
    ...config,
    quota: { ...quota, environmentGigabytes: null },
    roles: [],
    approvals: { ...config.approvals, rules: [] },
    slack: { ...config.slack, operators: [DOCTOR] },
  };
}

async function make(
  foundation: Foundation,
  edges: readonly string[],
  signal: AbortSignal,
): Promise<Build> {
  const worker = await startWorker(foundation, { warm: false });
  const { services, store, clock, close } = openServices(foundation);
  try {
    const context = {
      ...{ user: DOCTOR, channel: 'terminal', team: null, way: 'terminal' as const },
      ...{ services, file: null, commands: commandHelp, tell: () => undefined },
    };
    const text = `create ${NAME} python ${edges.map((edge) => `--edge ${edge}`).join(' ')}`;
    const reply = await untilAborted(execute(text, commands, context), signal);
    if (reply.kind !== 'build') throw reply.kind === 'refusal' ? reply.error : unexpected(reply);
    return await follow(reply.build, { store, clock, outlook: services.outlook }, signal);
  } finally {
    // What is at work stops, so that what comes after it finds nothing that changes.
    await worker.close();
    await close();
  }
}

const unexpected = ({ kind }: Reply) => new Error(`${NAME} was answered with ${kind}`);

/** How long each step took, and what did not go well. */
function tell(build: Build, milliseconds: number, faults: Fault[]): { text: string } {
  const { steps, failure } = build;
  const seconds = steps.flatMap(({ name, startedAt, finishedAt }) =>
    startedAt === null || finishedAt === null ? [] : `${name} ${duration(finishedAt - startedAt)}`,
  );
  const how = seconds.join(', ');
  if (failure !== null) {
    const text = `${failure.message} (${how})`;
    faults.push(failed(text, failure.suggestion ?? 'See what the steps say.'));
  } else {
    faults.push(...doubts(build));
  }
  return { text: `made, staged, tried and removed again in ${duration(milliseconds)}: ${how}` };
}

/** What did not go as it should with a build that ended well. */
function doubts({ request, stagings, verifications }: Build): Fault[] {
  const fix =
    'See that `spark-submit` works on that edge for its SSH user, and what the cluster says.';
  const lacking = request.edges.filter((name) => !stagings.some(({ edge }) => edge === name));
  return [
    ...lacking.map((edge) => failed(`it is not on ${edge}`, 'See what the steps say.')),
    ...newestPerEdge(verifications).flatMap(({ edge, outcome, reason }) => {
      if (outcome === 'proven') return [];
      const text = `${edge}: ${outcome}${reason === null ? '' : `: ${reason}`}`;
      return [outcome === 'failed' ? failed(text, fix) : warning(text, fix)];
    }),
  ];
}

/**
 * Removes all that is recorded of it, from edges and this host, and then the records; answers what could not be
 * removed, and then these stay for the next time.
 */
async function clear({ config, connection, prefix }: Foundation): Promise<Fault[]> {
  const store = createStore({ connection, prefix });
  const { dataDirectory: directory, worker } = config;
  const workspace = createWorkspace({ directory, slots: worker.concurrency });
  const signal = AbortSignal.timeout(CLEAR_MS);
  const left: string[] = [];
  try {
    const builds = await store.listBuilds({ environment: NAME, limit: 100 });
    for (const { fingerprint } of builds) {
      if (fingerprint !== null) await workspace.removeArchive(fingerprint);
    }
    await Promise.all(
      config.edges.map(async (edge) => {
        const node = createEdge(edge, { log: () => undefined });
        try {
          for (const build of builds) await clearEdge(node, build, signal);
        } catch (error) {
          left.push(`${edge.name} (${toFailure(error).message})`);
        }
      }),
    );
  } catch (error) {
    left.push(toFailure(error).message);
  } finally {
    await store.close();
  }
  if (left.length > 0) return [leftOver(left)];
  await removeKeys(connection, prefix);
  return [];
}

async function clearEdge(edge: Edge, build: Build, signal: AbortSignal): Promise<void> {
  const { archive, begun, stagings, fingerprint } = build;
  for (const place of [...stagings, ...begun]) {
    if (place.edge === edge.name) await edge.remove(place, { keepArchive: false, signal });
  }
  if (fingerprint !== null && build.request.edges.includes(edge.name))
    await edge.discard({ fingerprint, sha256: archive?.sha256 ?? null }, signal);
}

function leftOver(what: readonly string[]): Fault {
  return warning(
    `something of \`${NAME}\` is left: ${what.join(', ')}`,
    'Run `check --full` again, which removes it first; or remove it on the edge.',
  );
}

function faultOf(error: unknown): Fault {
  const { message, suggestion, kind, details } = toFailure(error);
  if (kind === 'defect') process.stderr.write(`${details}\n`);
  return failed(message, suggestion ?? 'The log has what it said.');
}
