/**
 * What pressing a button does: tables from action id to handler. A press is what somebody else
 * could have sent too, so its value is parsed strictly; a build may have moved on since the
 * button was drawn, so a press on an old button is answered kindly and does nothing.
 */
import { requesterOf } from '../../commands/command.ts';
import { answerTo, whileSolving } from '../../commands/create/answer.ts';
import {
  type ACT,
  type ActionId,
  BUTTONS,
  type CHOOSE,
  labelOf,
  offeredOn,
} from '../answers/buttons.ts';
import { type Build, isSettled } from '../domain/build.ts';
import type { Reply } from '../domain/reply.ts';
import type { Services } from '../domain/services.ts';
import { readCommand, readValue } from './button-values.ts';
import { tellIn } from './conversation/saying.ts';
import { TITLES } from './conversation/titles.ts';
import type { Conversation } from './conversation.ts';
import type { Place } from './place.ts';

export interface Press {
  action: string;
  value: string | null;
  place: Place;
}

type Handler = (
  build: Build,
  place: Place,
  conversation: Conversation,
  services: Services,
) => Promise<void>;

type BuildAction = keyof typeof BUTTONS;
type Opening = Extract<ActionId, `open_${string}`>;
type Saying = Exclude<ActionId, BuildAction | Opening> | typeof CHOOSE | typeof ACT;

const HANDLERS: Readonly<Record<BuildAction, Handler>> = {
  cancel: quietly('cancel'),
  retry: quietly('retry'),
  verify: quietly('verify'),
  rebuild: async (build, place, conversation, services) => {
    const reply = await conversation.attempt(async () => {
      const rebuilding = services.rebuild(build, requesterOf(place));
      const tell = tellIn(place, conversation.answer);
      return answerTo(await whileSolving(build.request.environment, rebuilding, tell));
    });
    await conversation.answer(reply, place);
  },
  logs: inModal(TITLES.logs, (build) => `logs ${build.id} --last 200`),
  copy_line: inModal(TITLES.run, (build) => `run ${labelOf(build)} pyspark`),
  spark_submit: inModal('spark-submit', (build) => `run ${labelOf(build)} spark-submit`),
};

/** Shows what the command answers. */
function inModal(title: string, command: (build: Build) => string): Handler {
  return (build, place, conversation) =>
    conversation.show(title, conversation.run(command(build), place), place);
}

/** Runs the command the button stands for. The live message is the answer; only a refusal is said. */
function quietly(action: 'cancel' | 'retry' | 'verify'): Handler {
  return async (build, place, conversation) => {
    const reply = await conversation.run(BUTTONS[action].command(build) ?? '', place);
    const inMessage =
      reply.kind === 'notice' || (reply.kind === 'build' && reply.audience === 'requester');
    if (!inMessage || build.message === null) await conversation.answer(reply, place);
  };
}

/** Buttons that open something, whatever their value. */
const OPENING: Readonly<
  Record<Opening, (place: Place, conversation: Conversation) => Promise<void>>
> = {
  open_form: async (place, conversation) => {
    if (await conversation.openForm({}, place)) return;
    const reply = kindly('The form could not be opened.', 'Press the button again.');
    await conversation.answer(reply, place);
  },
  open_help: (place, conversation) =>
    conversation.show(TITLES.help, conversation.run('help', place), place),
  open_diagnose: (place, conversation) => conversation.openDiagnose(place),
};

/** Buttons and options whose value is a command. */
const SAYING: Readonly<
  Record<Saying, (command: string, place: Place, conversation: Conversation) => Promise<void>>
> = {
  choose: (command, place, conversation) => conversation.choose(command, place),
  share: (command, place, conversation) => conversation.share(command, place),
  copy_text: (command, place, conversation) => conversation.sayInView(command, place),
  act: say,
  say_1: say,
  say_2: say,
  say_3: say,
  say_4: say,
};

function say(command: string, place: Place, conversation: Conversation): Promise<void> {
  return place.channel === ''
    ? conversation.sayInView(command, place)
    : conversation.say(command, place);
}

export async function press(
  { action, value, place }: Press,
  conversation: Conversation,
  services: Services,
): Promise<void> {
  const open = rowOf(OPENING, action);
  if (open) return open(place, conversation);
  const command = readCommand(value);
  const answer = rowOf(SAYING, action);
  if (command !== null && answer) return answer(command, place, conversation);
  const buildId = readValue(value);
  const handle = rowOf(HANDLERS, action);
  if (!handle || buildId === null) {
    const next = `Type \`${services.settings.command} status\` for what there is now.`;
    return conversation.answer(
      kindly('This button is from another version of Conda Ferry.', next),
      place,
    );
  }
  const found = await conversation.attempt(() => findOffering(action, buildId, services));
  if (found.kind !== 'offering') return conversation.answer(found, place);
  await handle(found.build, place, conversation, services);
}

/** The row of what came from outside; undefined where there is none. */
function rowOf<Row>(table: Readonly<Record<string, Row>>, key: string): Row | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

/** The build, while the button still makes sense on it; else why it does nothing. */
async function findOffering(
  action: string,
  buildId: string,
  services: Services,
): Promise<{ kind: 'offering'; build: Build } | Reply> {
  const build = await services.findBuild(buildId);
  // A reference may also name an environment; a button never means one.
  if (build.id !== buildId) return kindly('That build is no longer known.', null);
  const isOffered = offeredOn(build).some((offered) => offered === action);
  return isOffered ? { kind: 'offering', build } : stale(action, build);
}

/** Why a button that was there a moment ago does nothing any more. */
function stale(action: string, build: Build): Reply {
  const name = `\`${labelOf(build)}\``;
  if (action === 'cancel' && build.cancelRequested && !isSettled(build)) {
    return kindly(`The build of ${name} is already being stopped.`, null);
  }
  if (action === 'verify' && build.verifying) {
    return kindly(`${name} is already being verified.`, 'The evidence will stand in its message.');
  }
  const states = {
    queued: `The build of ${name} is already waiting for a build host.`,
    running: `The build of ${name} is already running.`,
    ready: `That build is already ready: ${name}.`,
    failed: `That build of ${name} failed, so there is nothing to do this with.`,
    cancelled: `That build of ${name} was already cancelled.`,
  } as const;
  return kindly(states[build.state], null);
}

function kindly(text: string, suggestion: string | null): Reply {
  return { kind: 'notice', tone: 'information', text: suggestion ? `${text} ${suggestion}` : text };
}
