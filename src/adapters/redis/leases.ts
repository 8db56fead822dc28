import type { Store } from '../../domain/ports.ts';
import type { StoreKeys } from './keys.ts';
import type { RedisLink } from './redis.ts';

/** Leases that are renewed: who has one keeps it, and who dies loses it in time. */
export function storeLeases(
  link: RedisLink,
  keys: StoreKeys,
): Pick<Store, 'takeLease' | 'endLease'> {
  return {
    async takeLease(name, who, milliseconds) {
      return (await link.script(TAKE_LEASE, [keys.lease(name)], [who, milliseconds])) === 1;
    },

    async endLease(name, who) {
      await link.script(END_LEASE, [keys.lease(name)], [who]);
    },
  };
}

/**
 * Takes a lease that nobody has, or renews one's own, which needs no memory: a full Redis ends none.
 *
 * KEYS: lease. ARGV: who, milliseconds. Returns 1 for who has it.
 */
const TAKE_LEASE = `
local holder = redis.call('GET', KEYS[1])
if holder == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return 1
end
if holder then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
`;

/**
 * Ends a lease that one has.
 *
 * KEYS: lease. ARGV: who.
 */
const END_LEASE = `
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
`;
