import type { Edit } from './edit.ts';
import type { Answered, Errand, ErrandKind, ErrandTable, Unreached } from './errands.ts';
import type { FileAsker } from './ports.ts';
import { SENT_ERROR } from './sent-error.ts';
import { PLAN } from './sent-plan.ts';
import {
  isObject,
  listOf,
  Misfit,
  number,
  object,
  oneOf,
  or,
  type Shape,
  string,
} from './shape.ts';
import { LOCK, REQUEST } from './stored.ts';

const asker = or(object<FileAsker>({ user: string, channel: string }), undefined);
const ofEnvironment = object<{ environment: string }>({ environment: string });

const ASKED: { readonly [K in ErrandKind]: Shape<ErrandTable[K]['asked']> } = {
  plan: object<ErrandTable['plan']['asked']>({ request: REQUEST, lock: or(LOCK, null), asker }),
  point: ofEnvironment,
  edit: object<ErrandTable['edit']['asked']>({
    ...{ request: REQUEST, asker },
    edit: object<Edit>({ revision: number, lift: listOf(string), drop: listOf(string) }),
  }),
  unstage: ofEnvironment,
  uses: ofEnvironment,
};

const KINDS = Object.keys(ASKED) as ErrandKind[];
const UNREACHED = listOf(object<Unreached>({ edge: string, why: string }));

const ANSWERS: { readonly [K in ErrandKind]: Shape<ErrandTable[K]['answer']> } = {
  plan: PLAN,
  point: object({ unreached: listOf(string) }),
  edit: PLAN,
  unstage: object({ left: UNREACHED }),
  uses: object({ unreached: UNREACHED }),
};

/** Names a folder of the worker, and keys. */
export const ERRAND_ID: Shape<string> = (value, at = 'id') => {
  if (/^e[0-9a-f]{16}$/.test(string(value, at))) return string(value, at);
  throw new Misfit(`${at} is no id of an errand`);
};

const HEAD = object<Pick<Errand, 'id' | 'kind'>>({ id: ERRAND_ID, kind: oneOf(KINDS) });

/** An errand as it arrives at a worker, perhaps from another version. */
export const ERRAND: Shape<Errand> = (value, at) => {
  const { id, kind } = HEAD(value, at);
  const { asked } = object<{ asked: Errand['asked'] }>({ asked: ASKED[kind] })(value, at);
  return { id, kind, asked };
};

const REFUSED = object<Extract<Answered, { error: unknown }>>({ error: SENT_ERROR });

/** What becomes of an errand, as it arrives where it was asked. */
export function answeredOf<K extends ErrandKind>(kind: K): Shape<Answered<K>> {
  const answer: Shape<ErrandTable[K]['answer']> = ANSWERS[kind];
  const answered = object<{ answer: ErrandTable[K]['answer'] }>({ answer });
  return (value, at) =>
    isObject(value) && 'error' in value ? REFUSED(value, at) : answered(value, at);
}
