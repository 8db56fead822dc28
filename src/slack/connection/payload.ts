/**
 * What Slack sends, as far as Bolt and our listeners read it without asking again. Whatever does not
 * fit is refused before either sees it: a signed `null` alone would end the process in Bolt.
 */
import {
  anything,
  isObject,
  listOf,
  Misfit,
  mapOf,
  object,
  or,
  type Shape,
  string,
} from '../../domain/shape.ts';

/** Why a body is no payload of Slack; null for one that is. */
export function misfitOf(body: unknown): string | null {
  try {
    PAYLOAD(body);
    return null;
  } catch (error) {
    if (error instanceof Misfit) return error.message;
    throw error;
  }
}

/** Nothing is made of what was read: it only has to fit. */
const fields = (shapes: Record<string, Shape<unknown>>) => object<Record<string, unknown>>(shapes);

/** May be left out, but is no null: Bolt asks for `undefined` only. */
function given(shape: Shape<unknown>): Shape<unknown> {
  return (value, at) => (value === undefined ? value : shape(value, at));
}

/** By such a field Bolt would take the payload for one of another kind. */
const absent: Shape<undefined> = (value, at = '') => {
  if (value === undefined) return value;
  throw new Misfit(`${at} does not belong here`);
};

const text = or(string, null);
const any = fields({});
const withId = fields({ id: string });

/** Fields of a form have one element each, of which nothing is taken for granted (`modals/view.ts`). */
const VIEW = fields({
  ...{ id: string, callback_id: string, private_metadata: string, hash: string },
  ...{ blocks: listOf(any), state: fields({ values: mapOf(mapOf(any)) }) },
});

/** What people do; `team` and `enterprise` are null where there is none. */
const DONE = {
  ...{ user: withId, team: or(withId, null), enterprise: or(withId, null) },
  ...{ trigger_id: text, response_url: text, channel: given(withId) },
  ...{ response_urls: given(listOf(fields({ response_url: string }))) },
  ...{ event: absent, command: absent, name: absent },
};
const UNPRESSED = { ...DONE, actions: absent };

const ACTION = fields({
  ...{ type: string, action_id: string, block_id: string, value: text },
  selected_option: or(fields({ value: text }), null),
});

const MESSAGE = {
  ...{ user: given(string), text: given(string), channel: string, ts: given(string) },
  ...{ thread_ts: given(string), subtype: given(string), channel_type: given(string) },
};

/** What happened, by its type; of others nothing is read. */
const EVENTS: Readonly<Record<string, Shape<unknown>>> = {
  app_mention: fields({ ...MESSAGE, text: string, ts: string }),
  message: fields(MESSAGE),
  app_home_opened: fields({ tab: text, user: string, channel: given(string) }),
};

const idOrObject: Shape<unknown> = (value, at) =>
  typeof value === 'string' ? value : any(value, at);

const EVENT: Shape<unknown> = (value, at) => {
  const { type } = fields({
    ...{ type: string, item: given(any), channel: given(idOrObject) },
  })(value, at);
  return (rowOf(EVENTS, type) ?? anything)(value, at);
};

/** What came from somebody, by its type. */
const KINDS: Readonly<Record<string, Shape<unknown>>> = {
  url_verification: fields({ challenge: string }),
  event_callback: fields({
    ...{ event: EVENT, event_id: text },
    authorizations: or(listOf(any), null),
  }),
  block_actions: (value, at) => {
    const { actions } = fields({
      ...DONE,
      ...{ actions: listOf(ACTION), container: any, view: given(VIEW) },
    })(value, at);
    if (Array.isArray(actions) && actions.length > 0) return value;
    throw new Misfit('actions is empty');
  },
  block_suggestion: fields({
    ...{ ...UNPRESSED, value: string, action_id: string, block_id: string },
    view: given(VIEW),
  }),
  view_submission: fields({ ...UNPRESSED, view: VIEW }),
  view_closed: fields({ ...UNPRESSED, view: VIEW }),
  shortcut: fields({ ...UNPRESSED, callback_id: string }),
  message_action: fields({
    ...{ ...UNPRESSED, callback_id: string, channel: withId },
    message: fields({ thread_ts: given(string) }),
  }),
};

const COMMAND = fields({
  ...{ command: string, text: string, user_id: string, channel_id: string },
  ...{ team_id: given(string), trigger_id: given(string), response_url: given(string) },
  ...{ event: absent, payload: absent },
});

const PAYLOAD: Shape<unknown> = (value, at) => {
  if (isObject(value) && value.type === undefined && value.command !== undefined) {
    return COMMAND(value, at);
  }
  const { type } = fields({ type: string })(value, at);
  const kind = rowOf(KINDS, type);
  if (kind === undefined) throw new Misfit('type is none that Slack sends here');
  return kind(value, at);
};

function rowOf<Row>(table: Readonly<Record<string, Row>>, key: unknown): Row | undefined {
  return typeof key === 'string' && Object.hasOwn(table, key) ? table[key] : undefined;
}
