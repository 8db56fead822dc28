/**
 * What pressing a button does: a table from action id to handler. A press is what somebody else
 * could have sent too, so its value is parsed strictly; a build may have moved on since the
 * button was drawn, so a press on an old button is answered kindly and does nothing.
 */
import { type ActionId, BUTTONS, CHOOSE, labelOf, offeredOn, SAY_IDS } from '../answers/buttons.ts';
import { type Build, isSettled } from '../domain/build.ts';
import { isName } from '../domain/names.ts';
import type { Reply } from '../domain/reply.ts';
import type { Services } from '../domain/services.ts';
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

const HANDLERS: Readonly<Record<BuildAction, Handler>> = {
  cancel: quietly('cancel'),
  retry: quietly('retry'),
  verify: quietly('verify'),
  rebuild: async (build, place, conversation, services) => {
    const { user, channel, team } = place;
    const reply = await conversation.attempt(async () => {
      const { build: again, joined } = await services.rebuild(build, { user, channel, team });
      const audience = joined ? 'requester' : 'channel';
      return { kind: 'build', build: again, audience };
    });
    await conversation.answer(reply, place);
  },
  logs: (build, place, conversation) =>
    conversation.show('Log', conversation.run(`logs ${build.id} --last 200`, place), place),
  copy_line: (build, place, conversation) =>
    conversation.show(
      'Line to copy',
      conversation.run(`run ${labelOf(build)} pyspark`, place),
      place,
    ),
  spark_submit: (build, place, conversation) =>
    conversation.show(
      'spark-submit',
      conversation.run(`run ${labelOf(build)} spark-submit`, place),
      place,
    ),
};

/** Runs the command the button stands for. The live message is the answer; only a refusal is said. */
function quietly(action: 'cancel' | 'retry' | 'verify'): Handler {
  return async (build, place, conversation) => {
    const reply = await conversation.run(BUTTONS[action].command(build) ?? '', place);
    const inMessage =
      reply.kind === 'notice' || (reply.kind === 'build' && reply.audience === 'requester');
    if (!inMessage || build.message === null) await conversation.answer(reply, place);
  };
}

export async function press(
  { action, value, place }: Press,
  conversation: Conversation,
  services: Services,
): Promise<void> {
  if (action === ('open_form' satisfies ActionId)) {
    if (!(await conversation.openForm({}, place))) {
      await conversation.answer(
        kindly('The form could not be opened.', 'Press the button again.'),
        place,
      );
    }
    return;
  }
  if (action === ('open_help' satisfies ActionId)) {
    return conversation.show('Help', conversation.run('help', place), place);
  }
  if (action === ('open_diagnose' satisfies ActionId)) return conversation.openDiagnose(place);
  const command = readCommand(value);
  if (command !== null) {
    if (action === CHOOSE) return conversation.choose(command, place);
    if (action === ('share' satisfies ActionId)) return conversation.share(command, place);
    if (action === ('copy_text' satisfies ActionId)) return conversation.sayInView(command, place);
    if (SAY_IDS.some((known) => known === action)) {
      return place.channel === ''
        ? conversation.sayInView(command, place)
        : conversation.say(command, place);
    }
  }
  const buildId = readValue(value);
  if (!Object.hasOwn(HANDLERS, action) || buildId === null) {
    const next = `Type \`${services.settings.command} status\` for what there is now.`;
    return conversation.answer(
      kindly('This button is from another version of Conda Ferry.', next),
      place,
    );
  }
  const known = action as BuildAction;
  const found: Build[] = [];
  const outcome = await conversation.attempt(async () => {
    const build = await services.findBuild(buildId);
    // A reference may also name an environment; a button never means one.
    if (build.id !== buildId) return kindly('That build is no longer known.', null);
    if (!offeredOn(build).includes(known)) return stale(known, build);
    found.push(build);
    return kindly('', null);
  });
  const [build] = found;
  if (!build) return conversation.answer(outcome, place);
  await HANDLERS[known](build, place, conversation, services);
}

/**
 * `{"c":"<command>"}` and nothing else; null for anything else. The command is said by whoever
 * pressed, so it can do no more than what they may type themselves.
 */
function readCommand(value: string | null): string | null {
  return readOnly(value, 'c', 2000);
}

/** `{"b":"<build id>"}` and nothing else; null for anything else. */
export function readValue(value: string | null): string | null {
  const id = readOnly(value, 'b', 200);
  return id !== null && isName(id) ? id : null;
}

/** The text under the one key there may be. */
function readOnly(value: string | null, wanted: string, longest: number): string | null {
  if (value === null || value.length > longest) return null;
  try {
    const parsed: unknown = JSON.parse(value);
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return null;
    const entries = Object.entries(parsed);
    const [key, text] = entries[0] ?? [];
    return entries.length === 1 && key === wanted && typeof text === 'string' ? text : null;
  } catch {
    return null;
  }
}

/** Why a button that was there a moment ago does nothing any more. */
function stale(action: BuildAction, build: Build): Reply {
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
