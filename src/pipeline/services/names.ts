import type { Build } from '../../domain/build.ts';
import type { Environment } from '../../domain/environment.ts';
import { type FerryError, userError } from '../../domain/errors.ts';
import { numberedNames } from '../../domain/names.ts';
import { mayBuild } from '../../domain/policy.ts';
import { type BuildRequest, createCommand } from '../../domain/request.ts';
import type { ServicePorts } from './ports.ts';

/** Throws `name-taken` where the environment that is asked for belongs to neither of the people. */
export async function requireOwn(
  { store, settings }: Pick<ServicePorts, 'store' | 'settings'>,
  request: BuildRequest,
  environment: Environment | null,
  people: readonly string[],
): Promise<void> {
  if (environment === null || mayBuild(environment, people, settings)) return;
  const { name, owner } = environment;
  const free = await freeName(store, name);
  throw userError({
    code: 'name-taken',
    message: [`\`${name}\` belongs to `, { person: owner }, '.'],
    suggestion: `Choose another name, such as \`${free}\`, or use theirs: \`run ${name}\`.`,
    repairs: [
      { label: `Name it ${free}`, command: createCommand({ ...request, environment: free }) },
      { label: `Use ${name}`, command: `run ${name}` },
    ],
  });
}

/** A name like this one that nobody has: `churn-2`. */
export async function freeName(store: ServicePorts['store'], name: string): Promise<string> {
  const numbered = numberedNames(name);
  const taken = await store.namesTaken(numbered);
  return numbered.find((candidate) => !taken.includes(candidate)) ?? `${name}-2`;
}

/** The environment is held by another build. */
export function busy(holder: Build): FerryError {
  const name = holder.request.environment;
  return userError({
    code: 'environment-busy',
    message: [
      { person: holder.requester.user },
      ` is building \`${name}\` right now, with other packages (build \`${holder.id}\`).`,
    ],
    suggestion: `Wait for it (\`status ${name}\`), cancel it (\`cancel ${name}\`), or choose another name.`,
  });
}
