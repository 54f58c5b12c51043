/**
 * What Redis does for recovery in one step. Scripts rather than transactions: what follows may depend on whether a write
 * was possible, and one command is written, whatever the number of steps.
 *
 * `positions` is a hash: for each sender `tag` its position, or `x` when it is long gone; for each `!tag` the life of Redis
 * in which it last vouched for its log, and when (milliseconds by Redis's clock); and `#epoch`, which goes with the hash.
 */

/** Redis's current life: it changes with a restart, a failover, and when the hash is lost. */
const LIFE = `
local function life(positions)
  local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or ''
  return run .. (redis.call('HGET', positions, '#epoch') or '')
end
`;

/**
 * Appends an entry and publishes what goes with it. When the entry cannot be written, the position goes: nobody can rely
 * on the log then. An entry that is there already was written before, by a command whose answer was lost.
 *
 * KEYS stream, positions · ARGV tag, last, keepFrom or '', lifetime or '', entry, command, (channel, message)*
 */
export const APPEND = `
local add = {'XADD', KEYS[1]}
if ARGV[3] ~= '' then add[3] = 'MINID'; add[4] = '='; add[5] = ARGV[3] .. '-0' end
add[#add + 1] = ARGV[2] .. '-0'
add[#add + 1] = 'e'
add[#add + 1] = ARGV[5]
local added = redis.pcall(unpack(add))
local failure = type(added) == 'table' and added.err or nil
if not failure then
  local noted = redis.pcall('HSET', KEYS[2], ARGV[1], ARGV[2])
  failure = type(noted) == 'table' and noted.err or nil
  if ARGV[4] ~= '' then redis.pcall('PEXPIRE', KEYS[1], ARGV[4]) end
elseif string.find(failure, 'equal or smaller', 1, true) then
  failure = nil
end
if failure then redis.pcall('HDEL', KEYS[2], ARGV[1]) end
for i = 7, #ARGV, 2 do redis.call(ARGV[6], ARGV[i], ARGV[i + 1]) end
return failure or ''
`;

/** KEYS positions, stream · ARGV tag, position, retention, a new epoch. Returns the current life. */
export const UPKEEP = `${LIFE}
redis.call('HSETNX', KEYS[1], '#epoch', ARGV[4])
local current = life(KEYS[1])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local retention = tonumber(ARGV[3])
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2], '!' .. ARGV[1], string.format('%s %.0f', current, now))
for i = 1, 2 do redis.call('PEXPIRE', KEYS[i], string.format('%.0f', 2 * retention)) end
local fields = redis.call('HGETALL', KEYS[1])
for i = 1, #fields, 2 do
  if string.sub(fields[i], 1, 1) == '!' then
    local tag = string.sub(fields[i], 2)
    local silent = now - tonumber(string.match(fields[i + 1], ' (%d+)$'))
    if silent > 2 * retention then redis.call('HDEL', KEYS[1], tag, fields[i])
    elseif silent > retention then redis.call('HSET', KEYS[1], tag, 'x') end
  end
end
return current
`;

/** KEYS positions. Returns the current life, and the hash. */
export const POSITIONS = `${LIFE}
return {life(KEYS[1]), redis.call('HGETALL', KEYS[1])}
`;

/**
 * Writes sessions, each only if it is new or still belongs to its writer.
 *
 * KEYS sessions · ARGV owner, ('new' | 'same' | 'gone', lifetime, record)*. Returns the first error, or ''.
 */
export const WRITE_SESSIONS = `
local failure = ''
for i, key in ipairs(KEYS) do
  local mode, lifetime, record = ARGV[3 * i - 1], ARGV[3 * i], ARGV[3 * i + 1]
  if mode == 'new' or redis.call('GETRANGE', key, 0, #ARGV[1] - 1) == ARGV[1] then
    local done
    if mode == 'gone' then done = redis.pcall('DEL', key) else done = redis.pcall('SET', key, record, 'PX', lifetime) end
    if type(done) == 'table' and done.err and failure == '' then failure = done.err end
  end
end
return failure
`;

/** KEYS session. Returns the record and the milliseconds it had left, or nothing. */
export const CLAIM = `
local record = redis.call('GET', KEYS[1])
if not record then return false end
local left = redis.call('PTTL', KEYS[1])
redis.call('DEL', KEYS[1])
return {record, left}
`;
