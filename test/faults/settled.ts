/**
 * What must hold of a whole world once all that was killed, frozen and cut is back: the oracles of the
 * crash sweep. Each answers sentences that say what does not hold; none means that it does.
 */
import { createHash } from 'node:crypto';
import { existsSync, globSync, readdirSync, readFileSync, readlinkSync, utimesSync } from 'node:fs';
import { join, relative } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { laboratory } from '../../deploy/lab/laboratory.ts';
import { isObject, type Message, objectsWithin } from '../../deploy/lab/slack/index.ts';
import { type Build, isSettled } from '../../src/domain/build.ts';
import { isThere } from '../../src/domain/environment.ts';
import { run } from '../harness/command.ts';
import type { World } from '../harness/world.ts';
import { words } from '../harness.ts';
import type { Plan } from './schedule.ts';

export interface Settling {
  names: Plan['names'];
  /** How long what is promised may take. */
  seconds: number;
  /** All that the processes under test have logged. */
  printed(): string;
  pids(): number[];
  /** Stops the processes under test and starts them again. */
  restart(): Promise<void>;
  /** Stops them for good. */
  stop(): Promise<void>;
}

/** All oracles, in an order in which the next one finds what it needs. */
export async function whatIsWrong(world: World, settling: Settling): Promise<string[]> {
  const told = () => untilNone(settling.seconds, () => endedAndTold(world));
  return [
    ...(await told()),
    ...(await namesAreFree(world, settling)),
    ...(await told()),
    ...(await edgeIsTrue(world)),
    ...(await noSecretIsOut(world, settling)),
    ...(await nothingIsLeft(world, settling)),
  ];
}

/** Problems that time may still solve; those that are left after so many seconds. */
async function untilNone(
  seconds: number,
  look: () => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const problems = await look();
    if (problems.length === 0 || Date.now() > deadline) return problems;
    await wait(500);
  }
}

const everyBuild = (world: World): Promise<Build[]> => world.store.listBuilds({ limit: 10_000 });

const SAYS: Readonly<Record<string, RegExp>> = {
  ready: /is ready|is staged, but not proven/,
  failed: /could not be built|does not work on the executors/,
  cancelled: /was cancelled/,
};
const LET_GO = /let go|deleted/i;

/**
 * Each build has ended, one message says how, and below it stands one notice for each attempt; of one that
 * was stopped while nobody was at it the message alone tells.
 */
async function endedAndTold(world: World): Promise<string[]> {
  const problems: string[] = [];
  const { workspace } = world.slack;
  const builds = await everyBuild(world);
  for (const build of builds) {
    const name = `${build.request.environment} (build ${build.id}, attempt ${build.attempt})`;
    if (!isSettled(build)) {
      const asked = build.cancelRequested ? ', which somebody cancelled,' : '';
      problems.push(`${name}${asked} is still ${build.state}`);
      continue;
    }
    if (build.failure?.code === 'defect') problems.push(`${name}: ${build.failure.details}`);
    if (build.verifying) problems.push(`${name} is still being verified`);
    const { message } = build;
    const live = message && workspace.findMessage(message.channel, message.ts);
    if (!live) {
      problems.push(`${name} is ${build.state} and has no message`);
      continue;
    }
    const said = words(live);
    const isSaid = SAYS[build.state]?.test(said) || (build.letGo !== null && LET_GO.test(said));
    if (!isSaid) problems.push(`${name} is ${build.state}; its message says: ${short(said)}`);
    const notices = workspace.replies(live.channel, live.ts);
    const least = build.state === 'cancelled' ? 0 : 1;
    const isPromised = build.cancelRequested || build.attempt > 1 ? least : build.attempt;
    if (notices.length < isPromised || notices.length > build.attempt) {
      const all = notices.map((each) => `\n    ${short(words(each))}`).join('');
      problems.push(`${name} is ${build.state} and has ${notices.length} notices:${all}`);
    }
  }
  const known = new Set(builds.map(({ message }) => `${message?.channel} ${message?.ts}`));
  // What one person alone is shown is not followed: it says how it was when they asked.
  for (const message of workspace.messages.filter((each) => each.ephemeral_to === undefined)) {
    if (known.has(`${message.channel} ${message.ts}`) || !offersToStop(message)) continue;
    problems.push(`a message of no build says: ${short(words(message))}`);
  }
  return problems;
}

const short = (text: string): string => text.replaceAll(/\s+/g, ' ').slice(0, 160);

function offersToStop(message: Message): boolean {
  return [...objectsWithin(message.blocks ?? [])].some(
    ({ type, text }) => type === 'button' && isObject(text) && text.text === 'Cancel',
  );
}

/**
 * Seconds within which a bot has its connection. Once so many were opened in a row, Slack opens one a minute for
 * an app: bots that were killed again and again wait for theirs.
 */
const CONNECTED_SECONDS = 180;

/** Whoever asks for each name now is heard, and it becomes ready. */
async function namesAreFree(world: World, { names, seconds }: Settling): Promise<string[]> {
  const { slack, store } = world;
  const channel = 'data-science';
  const alone = await untilNone(CONNECTED_SECONDS, async () =>
    slack.connections() > 0 ? [] : ['no bot has a connection to Slack'],
  );
  const problems: string[] = [...alone];
  for (const { name, user, request } of names) {
    const seen = () =>
      slack.workspace.visibleTo(slack.workspace.user(user).id, slack.workspace.channel(channel).id);
    const before = new Set(seen());
    const { error } = await slack.slash({ user, channel, text: `create ${name} ${request}` });
    if (error !== null) problems.push(`create ${name} is answered: ${error}`);
    const left = await untilNone(seconds, async () => {
      const answer = seen().find((message) => !before.has(message));
      if (!answer) return [`nobody answers create ${name}`];
      if (/^⚠️/.test(words(answer))) return [`create ${name} is refused: ${short(words(answer))}`];
      if (/Nothing to build/.test(words(answer))) return [];
      const [build] = await store.listBuilds({ environment: name, limit: 1 });
      if (build?.state === 'ready') return [];
      const failure = build?.failure;
      const why = failure ? `: ${failure.code}, ${failure.message}` : '';
      return [`asked for again, ${name} is ${build?.state ?? 'not recorded'}${why}`];
    });
    problems.push(...left);
  }
  return problems;
}

/**
 * What is published is what its manifest says, and what is recorded as staged is published. Not looked for:
 * a revision that was published and whose worker was killed, or its build stopped, before it was recorded.
 */
async function edgeIsTrue({ edge, store }: World): Promise<string[]> {
  const problems: string[] = [];
  for (const path of globSync('archives/*/*.{zip,tar.gz}', { cwd: edge.root })) {
    const [, sha = ''] = path.split('/');
    const found = createHash('sha256')
      .update(readFileSync(join(edge.root, path)))
      .digest('hex');
    if (found !== sha) problems.push(`${path} on the edge has the sha256 ${found}`);
  }
  const papers = globSync('manifests/*/*.json', { cwd: edge.root });
  for (const path of papers.filter((each) => !/(?:\.cdx|\/record)\.json$/.test(each))) {
    const manifest = JSON.parse(readFileSync(join(edge.root, path), 'utf8'));
    const { name, sha256 } = manifest.archive;
    const archive = join(edge.root, 'archives', sha256, name);
    const prefix = join(edge.root, path.replace('manifests', 'envs').replace('.json', ''));
    if (!existsSync(archive)) {
      problems.push(`${path} is of an archive that is not there`);
      continue;
    }
    const marker = join(prefix, '.conda-ferry-archive');
    if (!existsSync(marker) || readFileSync(marker, 'utf8') !== sha256) {
      problems.push(`${path} is of a prefix that is not there, or another one`);
      continue;
    }
    const script = join(import.meta.dirname, 'archive-agrees.py');
    const { stdout } = await run(laboratory.python, [script, archive, prefix]);
    const [first, ...rest] = stdout.trim().split('\n');
    if (first) problems.push(`${path}: in the prefix ${first} (and ${rest.length} more)`);
  }
  for await (const { name } of store.everyOutline()) {
    const environment = await store.readEnvironment(name);
    for (const revision of environment?.revisions.filter(isThere) ?? []) {
      for (const staging of revision.stagings) {
        const paper = `${relative(edge.root, staging.driverPrefix).replace('envs', 'manifests')}.json`;
        for (const path of [staging.archivePath, staging.driverPrefix, join(edge.root, paper)]) {
          if (!existsSync(path)) {
            problems.push(
              `${name}@${revision.number} is recorded as staged, and ${path} is not there`,
            );
          }
        }
      }
    }
  }
  return problems;
}

/** No secret in logs, in what Slack was sent, in what others of the user can see, or in any file. */
async function noSecretIsOut(world: World, { printed, pids }: Settling): Promise<string[]> {
  const { slack, edge, directory } = world;
  const key = readFileSync(edge.address.privateKeyFile, 'utf8').split('\n')[2] ?? '';
  const secrets = [slack.botToken, slack.appToken, slack.signingSecret, key];
  const places: Record<string, string> = {
    'a log': printed(),
    'what Slack was sent': JSON.stringify(slack.calls().map(({ args }) => args)),
    'the environment of a process': pids()
      .map((pid) => readFileSync(`/proc/${pid}/environ`, 'utf8'))
      .join(),
  };
  const problems = Object.entries(places).flatMap(([where, text]) =>
    secrets.some((secret) => secret === '' || text.includes(secret))
      ? `a secret is in ${where}`
      : [],
  );
  // The host's own folder of keys aside; an archive's bytes are those of its unpacked prefix.
  const patterns = secrets.flatMap((secret) => ['-e', secret]);
  const within = ['data', 'root', 'tmp', 'edge-tmp'].map((each) => join(directory, each));
  const { stdout } = await run('grep', ['-rlaF', ...patterns, '--', ...within], {
    maxBuffer: 1e8,
  }).catch((error: Error & { code?: number }) => {
    if (error.code === 1) return { stdout: '' };
    throw error;
  });
  return [...problems, ...lines(stdout).map((file) => `a secret is in ${file}`)];
}

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');

const A_WEEK = 7 * 86_400_000;

/**
 * Nothing half made, and no process: right away where somebody was there to clear it, and after a while
 * and another start what only time makes sure of.
 */
async function nothingIsLeft(world: World, settling: Settling): Promise<string[]> {
  const { directory } = world;
  age(directory);
  await settling.restart();
  const left = await untilNone(60, async () => [...leftOnEdge(world), ...leftOnHost(directory)]);
  await settling.stop();
  const processes = await untilNone(20, async () => leftRunning(world));
  return [...left, ...processes, ...leftOnHost(directory).filter((each) => !left.includes(each))];
}

/** As if all that is half made had been left a week ago. */
function age(directory: string): void {
  const then = (Date.now() - A_WEEK) / 1000;
  const half = ['data/archives/*/*.part-*', 'root/{,*/,*/*/,*/*/*/}{,.}*part*', 'edge-tmp/*'];
  for (const path of globSync(half, { cwd: directory })) {
    utimesSync(join(directory, path), then, then);
  }
}

function leftOnEdge({ edge, directory }: World): string[] {
  const unpacked = ['[0-9]*', 'current'].map((each) => `envs/*/${each}/**`);
  const found = globSync('{,*/,*/*/,*/*/*/}{,.}*part*', { cwd: edge.root, exclude: unpacked });
  const half = found.filter((path) => /\.part(-|$)/.test(path));
  const temporary = globSync('edge-tmp/*', { cwd: directory });
  return [...half, ...temporary].map((path) => `${path} is left on the edge`);
}

function leftOnHost(directory: string): string[] {
  const data = join(directory, 'data');
  // Of a lock that nobody holds the file stays, without a word in it.
  const held = globSync('prefix/*.lock', { cwd: data }).filter(
    (path) => readFileSync(join(data, path), 'utf8') !== '',
  );
  const half = globSync(
    ['prefix/*/env', 'scratch/*/work-*', 'builds/*', 'archives/**/*part*', 'cache/**/*.part*'],
    { cwd: data },
  );
  const temporary = globSync('tmp/{,.}*', { cwd: directory });
  return [...held, ...half, ...temporary].map((path) => `${path} is left on the build host`);
}

/** Processes of this world, but those that the harness ends itself. */
function leftRunning({ directory }: World): string[] {
  const own = (pid: string, file: string): string => {
    try {
      return readFileSync(`/proc/${pid}/${file}`, 'utf8').replaceAll('\0', ' ');
    } catch {
      return '';
    }
  };
  const folderOf = (pid: string): string => {
    try {
      return readlinkSync(`/proc/${pid}/cwd`);
    } catch {
      return '';
    }
  };
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .filter((pid) => {
      const command = own(pid, 'cmdline');
      if (/^sshd|\/sshd /.test(command) || command === '') return false;
      return `${command} ${own(pid, 'environ')} ${folderOf(pid)}`.includes(directory);
    })
    .map((pid) => `a process is left: ${short(own(pid, 'cmdline'))}`);
}
