/**
 * A whole scenario in six lines: the real bot and worker in processes of their own, a real Redis,
 * the embedded engine on the lab's channel, a real OpenSSH edge node; only Slack is emulated.
 *
 *     const runTest = ferry();
 *     test('…', () => runTest(async (ctx) => {
 *       await ctx.slash('create churn python=3.11 numpy', { user: 'ana' });
 *       ctx.edge.cutAfter(5_000_000);
 *       const build = await ctx.untilReady('churn');
 *       assert.equal(ctx.edge.sha256('churn'), build.archive?.sha256);
 *       assert.match(ctx.lastMessage(), /pyspark --master yarn/);
 *     }));
 */
import { after } from 'node:test';
import {
  isObject,
  type JsonObject,
  type Message,
  objectsWithin,
  terminalLines,
} from '../deploy/lab/slack/index.ts';
import { type Build, type BuildState, isSettled, type StepName } from '../src/domain/build.ts';
import { type Finished, runProduct } from './harness/product.ts';
import { startWorld, type World, type WorldOptions } from './harness/world.ts';

export { cannotWalk } from './harness/requirements.ts';

/** For worlds in which something is asked of the channel `silent`: its solve is soon a build that can be looked at. */
export const SOON_FOLLOWED = { notify: { followAfterSeconds: 2 } };

/** What a person reads in a message, formatting and figures aside. */
export const words = (message: Message): string => terminalLines(message).join('\n');

interface As {
  /** `ana` unless said otherwise. */
  user?: string;
  /** `data-science` unless said otherwise. */
  channel?: string;
}

/** What a test may do and see. */
export interface Context extends World {
  /** Types `/conda-env TEXT`; resolves when Slack has its acknowledgement. */
  slash(text: string, as?: As): ReturnType<World['slack']['slash']>;
  /** Types it and returns the words of the first message that comes of it. */
  ask(text: string, as?: As): Promise<string>;
  /** Presses the button with this label on the live message of an environment's newest build. */
  click(label: string, environment: string, as?: As): ReturnType<World['slack']['click']>;
  /** The newest message this person sees in the channel. */
  lastMessage(as?: As): string;
  /** The messages this person has seen since the test began. */
  seen(as?: As): Message[];
  /** What a person has been told directly, in words and without marks of code. */
  told(user: string): string[];
  /** The newest build of an environment; throws when there is none. */
  build(environment: string): Promise<Build>;
  /** The live message of its newest build. */
  live(environment: string): Promise<Message>;
  /** What stands below it: notices, a mention of the requester each. */
  notices(environment: string): Promise<Message[]>;
  /** Waits until a step of the newest build is at work. */
  untilStep(environment: string, step: StepName): Promise<Build>;
  /** Waits until the newest build has ended, its live message says so and the notice is there. */
  untilSettled(environment: string, state?: BuildState): Promise<Build>;
  /** `untilSettled` for a build that must end well. */
  untilReady(environment: string): Promise<Build>;
  /** `untilSettled` for one that must fail; the build holds the failure. */
  untilFailed(environment: string): Promise<Build>;
  /** Runs `conda-ferry WORDS…` with this world's configuration. */
  terminal(words: readonly string[], options?: { input?: string }): Promise<Finished>;
}

export interface TestOptions {
  /** Cap on the whole test. */
  seconds?: number;
  /** Lines the product may log as errors; any other is a failure of the test. */
  errors?: RegExp;
}

export type RunTest = (
  body: (context: Context) => Promise<void>,
  options?: TestOptions,
) => Promise<void>;

const TEST_SECONDS = 180;
const SETTLED: Readonly<Record<string, RegExp>> = {
  ready: /is ready|is staged, but not proven/,
  failed: /could not be built|does not work on the executors/,
  cancelled: /was cancelled/,
};

/** One world for the tests of a file (or of a `describe`): started by the first, ended after the last. */
export function ferry(options: WorldOptions = {}): RunTest {
  let starting: Promise<World> | null = null;
  after(async () => {
    const world = await starting?.catch(() => null);
    await world?.end();
  });
  return async (body, { seconds = TEST_SECONDS, errors = /$^/ } = {}) => {
    starting ??= startWorld(options);
    const world = await starting;
    const context = createContext(world);
    const logged = new Map([...world.products].map((each) => [each, each.output().length]));
    const cap = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      const seen = context.seen().map((message) => `  ${words(message).slice(0, 300)}`);
      cap.reject(new Error(`the test took more than ${seconds} s; seen:\n${seen.join('\n')}`));
    }, seconds * 1000);
    try {
      await Promise.race([body(context), cap.promise]);
      world.checkAlive();
      for (const product of world.products) {
        const lines = product
          .output()
          .slice(logged.get(product) ?? 0)
          .split('\n');
        const error = lines.find((line) => isError(line) && !errors.test(line));
        if (error) throw new Error(`the product logged an error: ${error}`);
      }
    } finally {
      clearTimeout(timer);
      world.slack.faults.clear();
      Object.assign(world.edge.link.faults, PERFECT_LINK);
    }
  };
}

const PERFECT_LINK = {
  rate: Number.POSITIVE_INFINITY,
  cutAfter: Number.POSITIVE_INFINITY,
  cuts: Number.POSITIVE_INFINITY,
  frozen: false,
  refuse: false,
};

const isError = (line: string): boolean => /"level":"(error|fatal)"/.test(line);

function createContext(world: World): Context {
  const { slack, store, until } = world;
  const place = ({ user = 'ana', channel = 'data-science' }: As = {}) => ({ user, channel });
  const visible = (as?: As): Message[] => {
    const { user, channel } = place(as);
    const { workspace } = slack;
    return workspace.visibleTo(workspace.user(user).id, workspace.channel(channel).id);
  };
  /** What is said for patience comes or does not: it depends on how busy the machine is. */
  const seenBy = (as?: As): Message[] =>
    visible(as).filter((message) => !/^ℹ️ Solving \S+…$/.test(words(message).trim()));
  const before = new Set(slack.workspace.messages);

  async function newest(environment: string): Promise<Build | null> {
    const [build] = await store.listBuilds({ environment, limit: 1 });
    return build ?? null;
  }

  async function liveOf(build: Build): Promise<Message | null> {
    if (build.message === null) return null;
    return slack.workspace.findMessage(build.message.channel, build.message.ts) ?? null;
  }

  const context: Context = {
    ...world,
    slash: (text, as) => slack.slash({ ...place(as), text }),
    async ask(text, as) {
      // What comes into a thread meanwhile is told of something else: nobody can type a command there.
      const answers = () => seenBy(as).filter(({ ts, thread_ts = ts }) => thread_ts === ts);
      const had = answers().length;
      const outcome = await context.slash(text, as);
      if (outcome.error !== null) return outcome.error;
      const [message] = await until(`an answer to \`${text}\``, () => {
        const now = answers().slice(had);
        return now.length > 0 && now;
      });
      return message ? words(message) : '';
    },
    async click(label, environment, as) {
      const { user } = place(as);
      const [message, button] = await until(`the button ${label} of ${environment}`, async () => {
        const live = await context.live(environment);
        const found = buttonsOf(live).find((each) => labelOf(each) === label);
        return found && ([live, found] as const);
      });
      const { channel, ts } = message;
      const { action_id, value } = button;
      return slack.click({
        ...{ user, channel, ts, actionId: String(action_id) },
        ...(typeof value === 'string' ? { value } : {}),
      });
    },
    lastMessage: (as) => {
      const message = seenBy(as).at(-1);
      return message ? words(message) : '';
    },
    seen: (as) => seenBy(as).filter((message) => !before.has(message)),
    told: (user) => {
      const { id } = slack.workspace.directChannel(slack.workspace.user(user));
      return slack.workspace.messages
        .filter(({ channel }) => channel === id)
        .map((message) => words(message).replaceAll('`', ''));
    },
    build: (environment) => until(`a build of ${environment}`, () => newest(environment)),
    live: (environment) =>
      until(`the message of ${environment}`, async () => {
        const build = await newest(environment);
        return build && liveOf(build);
      }),
    async notices(environment) {
      const live = await context.live(environment);
      return slack.workspace.replies(live.channel, live.ts);
    },
    untilStep: (environment, name) =>
      until(`the step ${name} of ${environment}`, async () => {
        const build = await newest(environment);
        if (build && isSettled(build)) throw new Error(`the build is over: ${story(build)}`);
        const step = build?.steps.find((each) => each.name === name);
        return step?.status === 'in_progress' && build;
      }),
    async untilSettled(environment, state) {
      const build = await until(`the end of ${environment}`, async () => {
        const now = await newest(environment);
        return now && isSettled(now) && now;
      });
      if (state !== undefined && build.state !== state) throw new Error(story(build));
      await until(`the message of ${environment} to say ${build.state}`, async () => {
        // Read again: the message may have come after the end.
        const now = await newest(environment);
        const live = now && (await liveOf(now));
        return live && SETTLED[build.state]?.test(words(live));
      });
      await until(`the notice of ${environment}`, async () => {
        const replies = await context.notices(environment);
        return replies.length >= build.attempt;
      });
      return context.build(environment);
    },
    untilReady: (environment) => context.untilSettled(environment, 'ready'),
    untilFailed: (environment) => context.untilSettled(environment, 'failed'),
    terminal: (words, options = {}) => {
      const [command = '', ...rest] = words;
      return runProduct(
        [command, '--config', world.configFile, ...rest],
        world.environment,
        options,
      );
    },
  };
  return context;
}

const buttonsOf = (message: Message): JsonObject[] =>
  [...objectsWithin(message.blocks ?? [])].filter((each) => each.type === 'button');

const labelOf = (button: JsonObject): unknown => isObject(button.text) && button.text.text;

/** What became of a build, for a test that expected something else. */
function story(build: Build): string {
  const steps = build.steps.map(({ name, status, detail }) => `${name} ${status} (${detail})`);
  const failure =
    build.failure && `${build.failure.code}: ${build.failure.message}\n${build.failure.details}`;
  return `${build.request.environment} is ${build.state}; ${steps.join(', ')}\n${failure ?? ''}`;
}
