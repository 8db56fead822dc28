/**
 * The Lua scripts of the store: each is one atomic step in Redis. `KEYS` and `ARGV` are listed on
 * top of each. Times are milliseconds of Redis' own clock, the one clock all processes share.
 */

const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/**
 * Saves a build when its record is still at the expected revision, keeps the indexes in step, lets
 * go of the environment when the build has just been settled and tells everybody who watches. One
 * that begins takes the hold on its environment with its record, or leaves both where another build
 * is at work there. Returns 1 when saved, 0 when somebody else was faster, -1 when the deadline has
 * passed, and the id of the build at work because of which nothing was saved.
 *
 * An open build is one that a worker still has to do something for. Settling leaves it open: who it
 * was settled for has to be told yet (`CLOSE_BUILD`). The end of a verification closes it, unless that
 * is owed still: it was open when the verification was asked for. An unproven one has ended, and may have
 * something on an edge that no revision has.
 *
 * KEYS: record, builds, builds of the environment, builds of the user, changed, open, hold, unproven.
 * ARGV: id, expected revision, format, document, settled (0 or 1), verifying (0 or 1), queued at,
 * attempt, channel of changes, prefix of build records, unproven (0 or 1), deadline of one that begins
 * ('' for others).
 */
export const SAVE_BUILD = `
local before = redis.call('HMGET', KEYS[1], 'revision', 'settled', 'verifying', 'owed')
local revision = tonumber(before[1] or '0')
${NOW}
local isBeginning = ARGV[12] ~= ''
if isBeginning and now > tonumber(ARGV[12]) then return -1 end
if revision ~= tonumber(ARGV[2]) then return 0 end
if isBeginning and ARGV[5] == '0' then
  local holder = redis.call('HGET', KEYS[7], 'build')
  if holder and holder ~= ARGV[1] and redis.call('HGET', ARGV[10] .. holder, 'settled') == '0' then
    return holder
  end
  redis.call('HSET', KEYS[7], 'build', ARGV[1])
end
redis.call('HSET', KEYS[1], 'revision', revision + 1, 'format', ARGV[3], 'document', ARGV[4],
  'settled', ARGV[5], 'verifying', ARGV[6], 'attempt', ARGV[8])
if ARGV[6] == '1' and before[3] ~= '1' then
  redis.call('HSET', KEYS[1], 'owed', redis.call('SISMEMBER', KEYS[6], ARGV[1]))
end
for index = 2, 4 do redis.call('ZADD', KEYS[index], ARGV[7], ARGV[1]) end
redis.call('ZADD', KEYS[5], now, ARGV[1])
if ARGV[5] == '0' or ARGV[6] == '1' then
  redis.call('SADD', KEYS[6], ARGV[1])
elseif before[3] == '1' and before[4] ~= '1' then
  redis.call('SREM', KEYS[6], ARGV[1])
end
redis.call(ARGV[11] == '1' and 'SADD' or 'SREM', KEYS[8], ARGV[1])
if ARGV[5] == '1' and before[2] == '0' and redis.call('HGET', KEYS[7], 'build') == ARGV[1] then
  redis.call('DEL', KEYS[7])
end
redis.call('PUBLISH', ARGV[9], string.format('%.0f %s', now, ARGV[1]))
return 1
`;

/**
 * Takes a build of which this attempt is settled out of those that are open; where it is being verified
 * again, the end of that does. Records of older versions do not say which attempt they are at.
 *
 * KEYS: record, open. ARGV: id, attempt.
 */
export const CLOSE_BUILD = `
local state = redis.call('HMGET', KEYS[1], 'settled', 'verifying', 'attempt')
if state[1] ~= '1' or (state[3] and state[3] ~= ARGV[2]) then return 0 end
redis.call('HDEL', KEYS[1], 'owed')
if state[2] ~= '1' then redis.call('SREM', KEYS[2], ARGV[1]) end
return 1
`;

/**
 * Saves an approval, with its end, when it is still at the expected revision; it is found among those that
 * wait until it lapses, or was decided. Returns 1 or 0.
 *
 * KEYS: record, ids of all, those that wait by when they lapse. ARGV: id, expected revision, format,
 * document, when it is forgotten, when it lapses, whether it waits (0 or 1).
 */
export const SAVE_APPROVAL = `
local revision = tonumber(redis.call('HGET', KEYS[1], 'revision') or '0')
if revision ~= tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], 'revision', revision + 1, 'format', ARGV[3], 'document', ARGV[4])
redis.call('PEXPIREAT', KEYS[1], ARGV[5])
redis.call('SADD', KEYS[2], ARGV[1])
if ARGV[7] == '1' then redis.call('ZADD', KEYS[3], ARGV[6], ARGV[1])
else redis.call('ZREM', KEYS[3], ARGV[1]) end
return 1
`;

/**
 * Adds a notice once, due at once: one that is waiting keeps its time, one that was sent stays sent.
 *
 * KEYS: notices by time, notices, mark of the sent notice. ARGV: id, document.
 */
export const SCHEDULE_NOTICE = `
if redis.call('EXISTS', KEYS[3]) == 1 then return 0 end
${NOW}
redis.call('HSETNX', KEYS[2], ARGV[1], ARGV[2])
redis.call('ZADD', KEYS[1], 'NX', now, ARGV[1])
return 1
`;

/**
 * Documents of the notices whose time has come, the longest due first.
 *
 * KEYS: notices by time, notices. ARGV: how many to leave out, how many at most.
 */
export const DUE_NOTICES = `
${NOW}
local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', ARGV[1], ARGV[2])
if #ids == 0 then return {} end
return redis.call('HMGET', KEYS[2], unpack(ids))
`;

/**
 * Lets go of a notice that still waits, to be due again after a while.
 *
 * KEYS: notices by time, lease. ARGV: id, milliseconds.
 */
export const POSTPONE_NOTICE = `
${NOW}
redis.call('ZADD', KEYS[1], 'XX', now + ARGV[2], ARGV[1])
redis.call('DEL', KEYS[2])
return 1
`;

/**
 * Leases a notice that still waits: a sender whose list is old must not send what another has sent.
 *
 * KEYS: notices by time, lease, ids of those that were leased. ARGV: id, milliseconds. Returns
 * `first` or `again` for the one that may send.
 */
export const LEASE_NOTICE = `
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return false end
if not redis.call('SET', KEYS[2], '1', 'NX', 'PX', ARGV[2]) then return false end
return redis.call('SADD', KEYS[3], ARGV[1]) == 1 and 'first' or 'again'
`;

/**
 * Removes a sent notice and marks it as sent. The removal comes first and needs no memory, so that
 * a full Redis cannot make a notice go out twice.
 *
 * KEYS: notices by time, notices, lease, ids of those that were leased, mark of the sent notice.
 * ARGV: id, seconds to remember.
 */
export const SETTLE_NOTICE = `
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('DEL', KEYS[3])
redis.call('SREM', KEYS[4], ARGV[1])
redis.pcall('SET', KEYS[5], '1', 'EX', ARGV[2])
return 1
`;
