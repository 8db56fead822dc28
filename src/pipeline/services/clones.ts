import { withoutDefaultEdges } from '../../domain/defaults.ts';
import { revisionLabel } from '../../domain/environment.ts';
import { FerryError, userError } from '../../domain/errors.ts';
import { type BuildRequest, createCommand, pinnedProjects } from '../../domain/request.ts';
import type { Clones } from '../../domain/services/clones.ts';
import type { Settings } from '../../domain/services.ts';
import { create } from './create.ts';
import { lookup } from './lookup.ts';
import type { ServicePorts } from './ports.ts';

/** A clone is a build that begins with the packages and the code of a revision. */
export function clones(ports: ServicePorts): Clones {
  const { settings } = ports;
  return {
    async clone({ name, which }, as, edges, requester) {
      const { number, request, lock, projects } = await lookup(ports).findRevision(name, which);
      const label = revisionLabel(name, number);
      if (as === name) throw sameName(name, number);
      const asked: BuildRequest = {
        ...request,
        environment: as,
        edges: edges.length > 0 ? edges : request.edges,
        projects: pinnedProjects(request, projects),
      };
      requireEdges(asked, label, settings);
      requireChannels(asked, label, settings);
      const own = withoutDefaultEdges(asked, settings);
      try {
        return await create(ports).create(own, requester, { lock, projects });
      } catch (error) {
        throw asClone(error, label);
      }
    },
  };
}

/** The refusal of a name that is taken, in which the other name is given to a clone as well. */
function asClone(error: unknown, label: string): unknown {
  if (!(error instanceof FerryError) || error.code !== 'name-taken') return error;
  const { code, said, repairs } = error;
  return userError({
    ...{ code, ...said },
    repairs: repairs.map((repair) => ({
      ...repair,
      command: repair.command.replace(/^create (\S+) .*$/, `clone ${label} as $1`),
    })),
  });
}

function sameName(name: string, number: number): Error {
  const command = `rollback ${name} --to ${number}`;
  return userError({
    code: 'same-name',
    message: `A clone of \`${name}\` needs another name.`,
    suggestion: `To go back to \`${revisionLabel(name, number)}\`: \`${command}\`.`,
    repairs: [{ label: `Go back to @${number}`, command }],
  });
}

function requireEdges({ environment, edges }: BuildRequest, label: string, settings: Settings) {
  const there = settings.edges.map(({ name }) => name);
  const gone = edges.filter((edge) => !there.includes(edge));
  if (gone.length === 0) return;
  const kept = edges.filter((edge) => there.includes(edge));
  const usual = settings.edges.filter((edge) => edge.default).map(({ name }) => name);
  const options = (kept.length > 0 ? kept : usual).map((edge) => ` --edge ${edge}`).join('');
  const command = `clone ${label} as ${environment}${options}`;
  throw userError({
    code: 'edge-gone',
    message: `\`${label}\` was built for ${gone.map((edge) => `\`${edge}\``).join(', ')}, and there is no such edge any more.`,
    suggestion: `Clone it to another one: \`${command}\`.`,
    repairs: [{ label: 'Clone it there', command }],
  });
}

function requireChannels(request: BuildRequest, label: string, settings: Settings) {
  const there = settings.channels.map(({ name }) => name);
  const isThere = (name: string | null) => name === null || there.includes(name);
  const named = [...request.channels, ...request.specs.map(({ channel }) => channel)];
  const gone = [...new Set(named.filter((name) => !isThere(name)))];
  if (gone.length === 0) return;
  const channels = request.channels.filter(isThere);
  const specs = request.specs.map((spec) =>
    isThere(spec.channel) ? spec : { ...spec, channel: null },
  );
  const command = createCommand({ ...request, channels, specs });
  throw userError({
    code: 'channel-gone',
    message: `\`${label}\` has packages of ${gone.map((name) => `\`${name}\``).join(', ')}, which is no channel here any more.`,
    suggestion: 'Build what was asked for from the channels there are.',
    repairs: [{ label: 'Build it from others', command }],
  });
}
