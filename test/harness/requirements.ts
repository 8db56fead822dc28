import { existsSync } from 'node:fs';
import { laboratory } from '../../deploy/lab/laboratory.ts';
import { noServer } from '../adapters/redis/fixture.ts';

const SSHD = ['/usr/sbin/sshd', '/usr/local/sbin/sshd'];

/** For `{ skip }`: why the whole path cannot be walked here, or false. */
export const cannotWalk: string | false =
  noServer !== false
    ? noServer
    : !existsSync(laboratory.python)
      ? 'there is no .lab/python: run `npm run prepare-lab` first'
      : !existsSync(`${laboratory.channel}/linux-64/repodata.json`)
        ? 'there is no .lab/channel: run `npm run prepare-lab` first'
        : !SSHD.some(existsSync)
          ? 'there is no OpenSSH server on this machine'
          : false;
