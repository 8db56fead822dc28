import { FerryError, outsideError } from '../../domain/errors.ts';
import { listOf, number, object, or, readJson, string } from '../../domain/shape.ts';
import type { Application } from '../../domain/use.ts';
import { ANSWER_LOST, type Session } from './session.ts';

/** What the ResourceManager tells of one (`/ws/v1/cluster/apps`); times are milliseconds, 0 for none yet. */
interface Told {
  id: string;
  name: string;
  user: string;
  applicationTags: string;
  startedTime: number;
  finishedTime: number;
}

const APPLICATIONS = object<{ apps: { app: Told[] } }>({
  apps: object<{ app: Told[] }>({
    app: or(
      listOf(
        object<Told>({
          ...{ id: string, name: string, user: string, applicationTags: or(string, '') },
          ...{ startedTime: number, finishedTime: number },
        }),
      ),
      [],
    ),
  }),
});

/** Tags go to YARN in an address, which may not hold many at a time. */
const MOST_TAGS = 50;

/** Tags hold nothing that means something in an address. */
const TAG = /^[A-Za-z0-9._@:-]+$/;

interface Asked {
  tags: readonly string[];
  since: number;
  /** When they are asked for. */
  now: number;
}

/** What `Edge.applications` promises. */
export async function findApplications(session: Session, asked: Asked): Promise<Application[]> {
  const { tags } = asked;
  const wrong = tags.find((tag) => !TAG.test(tag));
  if (wrong !== undefined) throw new Error(`${wrong} is no tag`);
  const found: Application[] = [];
  for (let at = 0; at < tags.length; at += MOST_TAGS) {
    found.push(...(await ask(session, { ...asked, tags: tags.slice(at, at + MOST_TAGS) })));
  }
  return found;
}

/** Where so many ran that the answer is too long, half of the tags are asked for at a time. */
async function ask(session: Session, asked: Asked): Promise<Application[]> {
  const { tags, since, now } = asked;
  try {
    const { facts } = await session.script({
      name: 'applications',
      variables: { tags: tags.join(','), since },
      login: true,
      deadlineSeconds: 120,
    });
    return ['running', 'ended'].flatMap((kind) => read(session, facts.get(kind), now));
  } catch (error) {
    const isLost = error instanceof FerryError && error.code === ANSWER_LOST;
    if (!isLost || tags.length === 1) throw error;
    const half = Math.ceil(tags.length / 2);
    return [
      ...(await ask(session, { ...asked, tags: tags.slice(0, half) })),
      ...(await ask(session, { ...asked, tags: tags.slice(half) })),
    ];
  }
}

function read(session: Session, text: string | undefined, now: number): Application[] {
  if (text === undefined) return [];
  const { apps } = readJson(text, APPLICATIONS, (why) =>
    outsideError({
      code: 'cluster-silent',
      message: `What the ResourceManager behind edge ${session.settings.target.edge} says of applications cannot be read: ${why}.`,
      details: text.slice(0, 2000),
    }),
  );
  return apps.app.map(({ id, name, user, applicationTags, startedTime, finishedTime }) => ({
    ...{ id, name, user, startedAt: startedTime },
    tags: applicationTags.split(','),
    seenAt: finishedTime || now,
  }));
}
