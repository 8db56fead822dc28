/**
 * What opens a private channel or index. It belongs to a host, as every program that reads of one sees it: conda,
 * rattler, uv and we ourselves. It goes to that host alone, and never into an address that anything keeps.
 */
export type Credential = { host: string } & (
  | { kind: 'header'; token: string }
  /** conda's form: `https://HOST/t/TOKEN/channel`. */
  | { kind: 'address'; token: string }
  | { kind: 'password'; username: string; password: string }
);

/** What of it is secret. */
export function secretOf(credential: Credential): string {
  return credential.kind === 'password' ? credential.password : credential.token;
}

/** What a request to an address needs to be let in: the address to ask in its place, and headers. */
export function opened(
  url: URL,
  credentials: readonly Credential[],
): { url: URL; headers: Record<string, string> } {
  const isPrivate = url.protocol === 'https:' || ['127.0.0.1', '[::1]'].includes(url.hostname);
  const found = credentials.find(({ host }) => host === url.hostname);
  if (!found || !isPrivate) return { url, headers: {} };
  if (found.kind === 'header') return { url, headers: { authorization: `Bearer ${found.token}` } };
  if (found.kind === 'password') {
    const pair = Buffer.from(`${found.username}:${found.password}`).toString('base64');
    return { url, headers: { authorization: `Basic ${pair}` } };
  }
  const within = new URL(url);
  within.pathname = `/t/${found.token}${url.pathname}`;
  return { url: within, headers: {} };
}

/** As rattler's file of credentials has them (`RATTLER_AUTH_FILE`): host → credential. Null where there are none. */
export function rattlerCredentials(
  credentials: readonly Credential[],
): Record<string, object> | null {
  if (credentials.length === 0) return null;
  const entries = credentials.map((credential): [string, object] => {
    const { host, kind } = credential;
    if (kind === 'header') return [host, { BearerToken: credential.token }];
    if (kind === 'address') return [host, { CondaToken: credential.token }];
    const { username, password } = credential;
    return [host, { BasicHTTP: { username, password } }];
  });
  return Object.fromEntries(entries);
}

/** The passwords as `.netrc` has them, which conda and uv read. */
export function netrcOf(credentials: readonly Credential[]): string {
  const lines = credentials.flatMap((credential) =>
    credential.kind === 'password'
      ? `machine ${credential.host} login ${credential.username} password ${credential.password}\n`
      : [],
  );
  return lines.join('');
}
