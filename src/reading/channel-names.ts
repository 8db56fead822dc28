/** Hosts whose channels are known by the first part of their path. */
const HOSTS = [
  'conda.anaconda.org',
  'anaconda.org',
  'repo.prefix.dev',
  'prefix.dev',
  'fast.prefix.dev',
  'repo.mamba.pm',
  'conda.binstar.org',
];
/** Hosts where the channel is two parts: `pkgs/main`. */
const NESTED_HOSTS = ['repo.anaconda.com', 'repo.continuum.io'];
/** How mirrors of Anaconda's keep what they mirror, whoever runs them. */
const MIRRORED = /^anaconda\/(?:cloud\/([A-Za-z0-9][A-Za-z0-9._-]{0,63})|(pkgs\/[a-z0-9]+))$/;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const NESTED = /^(?:pkgs\/[a-z0-9]+|[A-Za-z0-9][\w.-]{0,63}\/label\/[\w.-]{1,64})$/;
const SUBDIR = /\/(?:noarch|(?:linux|osx|win)-[a-z0-9_]+)$/;

/** What people write among channels that names none: conda's own word for "not the usual ones". */
export const NO_DEFAULTS = 'nodefaults';

/**
 * The name of a channel that is written as name or address:
 * `https://conda.anaconda.org/conda-forge/linux-64` is `conda-forge`, and so is a mirror of it: what is
 * fetched comes from the configured channel of that name. Null where it is neither.
 */
export function channelName(text: string): string | null {
  const typed = text.trim().replace(/\/+$/, '').replace(SUBDIR, '');
  const trimmed = HOSTS.includes(typed.split('/')[0] ?? '') ? `https://${typed}` : typed;
  if (!trimmed.includes('://')) {
    return NAME.test(trimmed) || NESTED.test(trimmed) ? trimmed : null;
  }
  if (!URL.canParse(trimmed)) return null;
  const { protocol, hostname, pathname } = new URL(trimmed);
  if (protocol !== 'https:' && protocol !== 'http:') return null;
  const parts = pathname
    .replace(/^\/t\/[^/]+/, '')
    .split('/')
    .filter((part) => part !== '');
  if (parts[0] === 'channels' && hostname.endsWith('prefix.dev')) parts.shift();
  const name = parts.join('/');
  const [, cloud, nested] = MIRRORED.exec(name) ?? [];
  if (cloud ?? nested) return cloud ?? nested ?? null;
  if (NESTED_HOSTS.includes(hostname)) return NESTED.test(name) ? name : null;
  if (!HOSTS.includes(hostname)) return null;
  return NAME.test(name) || NESTED.test(name) ? name : null;
}
