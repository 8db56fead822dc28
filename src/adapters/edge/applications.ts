import { outsideError } from '../../domain/errors.ts';
import { listOf, number, object, or, readJson, string } from '../../domain/shape.ts';
import type { Application } from '../../domain/use.ts';
import type { Session } from './session.ts';

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

/** What `Edge.applications` promises. `now` is when they are asked for. */
export async function findApplications(
  session: Session,
  { tags, since, now }: { tags: readonly string[]; since: number; now: number },
): Promise<Application[]> {
  const found: Application[] = [];
  for (let at = 0; at < tags.length; at += MOST_TAGS) {
    const some = tags.slice(at, at + MOST_TAGS);
    const wrong = some.find((tag) => !TAG.test(tag));
    if (wrong !== undefined) throw new Error(`${wrong} is no tag`);
    const { facts } = await session.script({
      name: 'applications',
      variables: { tags: some.join(','), since },
      login: true,
      deadlineSeconds: 120,
    });
    for (const kind of ['running', 'ended']) found.push(...read(session, facts.get(kind), now));
  }
  return found;
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
