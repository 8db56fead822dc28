import type { Services, Settings } from '../domain/services.ts';

/** Channels and edges that the person may use; all of them while that cannot be known. */
export async function offeredTo(user: string, { settings, standing }: Services): Promise<Settings> {
  const known = await standing({ user }).catch(() => null);
  const open = (kind: 'channels' | 'edges') =>
    settings[kind].filter(({ name }) => !known?.withheld[kind].includes(name));
  return { ...settings, channels: open('channels'), edges: open('edges') };
}
