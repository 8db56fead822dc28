import { type Build, newBuild } from '../../../src/domain/build.ts';

/** A build as a request for `environment` by `user` makes it. */
export function buildFor(
  id: string,
  options: { environment?: string; user?: string; now?: number } = {},
): Build {
  return newBuild({
    id,
    request: {
      environment: options.environment ?? 'churn',
      specs: [{ name: 'numpy', version: '>=1.26', build: null, channel: null }],
      pip: [],
      channels: [],
      projects: [],
      edges: [],
      layout: 'local',
      format: 'auto',
      packer: 'segments',
      force: false,
    },
    requester: { user: options.user ?? 'U_ANA', channel: 'C_DATA', team: null },
    now: options.now ?? 1_000,
  });
}
