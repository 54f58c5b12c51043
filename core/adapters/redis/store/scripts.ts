/**
 * What Redis does for the logs and maps of extensions, each in one step.
 *
 * A log is a stream, whose ids are positions, and a hash `meta` with its epoch, its last position, and its bytes. A map is a
 * hash of values, two sorted sets of its keys (by when they expire, and by the order in which they were set), and a hash
 * `meta` with its bytes and the number of the last value. Times are milliseconds by Redis's clock.
 */

const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/** What an entry or a value costs besides its bytes, in bytes. */
export const ITEM_COST = 64;

/**
 * Forgets what is beyond a bound, the oldest first.
 *
 * A stream may not be asked for its size in bytes: the hash counts.
 */
const TRIM = `${NOW}
local function trim(stream, meta, maxEntries, maxBytes, maxAge)
  local bytes = tonumber(redis.call('HGET', meta, 'bytes') or '0')
  local count = redis.call('XLEN', stream)
  local changed = false
  while count > 0 do
    local entry = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
    if count <= maxEntries and bytes <= maxBytes and tonumber(entry[2][2]) > now - maxAge then break end
    redis.call('XDEL', stream, entry[1])
    bytes = bytes - #entry[2][4] - ${ITEM_COST}
    count = count - 1
    changed = true
  end
  if changed then redis.call('HSET', meta, 'bytes', string.format('%.0f', bytes)) end
end
`;

/** Milliseconds a log's epoch and last position are known beyond its last entry. */
const META_LIFETIME = 86_400_000;

const KEEP = `
local function keep(meta, maxAge)
  redis.call('PEXPIRE', meta, string.format('%.0f', maxAge + ${META_LIFETIME}))
end
`;

/**
 * Appends an entry, and publishes it as `epoch position\\n` and its bytes. When the command is sent again because its answer
 * was lost, the entry is looked for by its token first.
 *
 * KEYS stream, meta · ARGV payload, maxEntries, maxBytes, maxAge, a new epoch, token, 'again' or '', command, channel.
 * Returns the position.
 */
export const APPEND = `${TRIM}${KEEP}
if ARGV[7] ~= '' then
  for _, entry in ipairs(redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1000)) do
    if entry[2][6] == ARGV[6] then return string.match(entry[1], '^%d+') end
  end
end
redis.call('HSETNX', KEYS[2], 'epoch', ARGV[5])
local epoch = redis.call('HGET', KEYS[2], 'epoch')
local position = string.format('%.0f', redis.call('HINCRBY', KEYS[2], 'last', 1))
redis.call('XADD', KEYS[1], position .. '-0', 't', string.format('%.0f', now), 'e', ARGV[1], 'k', ARGV[6])
redis.call('HINCRBY', KEYS[2], 'bytes', #ARGV[1] + ${ITEM_COST})
local maxAge = tonumber(ARGV[4])
trim(KEYS[1], KEYS[2], tonumber(ARGV[2]), tonumber(ARGV[3]), maxAge)
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', maxAge))
keep(KEYS[2], maxAge)
redis.call(ARGV[8], ARGV[9], epoch .. ' ' .. position .. '\\n' .. ARGV[1])
return position
`;

/**
 * KEYS stream, meta · ARGV since, entries at most or '', maxEntries, maxBytes, maxAge, a new epoch.
 * Returns epoch, last position, first position that is kept, then position and payload in turn.
 */
export const READ = `${TRIM}${KEEP}
redis.call('HSETNX', KEYS[2], 'epoch', ARGV[6])
trim(KEYS[1], KEYS[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]))
keep(KEYS[2], tonumber(ARGV[5]))
local last = redis.call('HGET', KEYS[2], 'last') or '0'
local first = string.format('%.0f', tonumber(last) + 1)
local oldest = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
if oldest then first = string.match(oldest[1], '^%d+') end
local range = {'XRANGE', KEYS[1], string.format('%.0f', tonumber(ARGV[1]) + 1) .. '-0', '+'}
if ARGV[2] ~= '' then range[5] = 'COUNT'; range[6] = ARGV[2] end
local found = {redis.call('HGET', KEYS[2], 'epoch'), last, first}
for _, entry in ipairs(redis.call(unpack(range))) do
  found[#found + 1] = string.match(entry[1], '^%d+')
  found[#found + 1] = entry[2][4]
end
return found
`;

/** KEYS of every script of a map: values, expiries, order, meta. */
const MAP = `${NOW}
local values, expiries, order, meta = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local function size(key, value) return 2 * #key + #value + ${ITEM_COST} end
local function remove(key)
  local value = redis.call('HGET', values, key)
  if not value then return false end
  redis.call('HDEL', values, key)
  redis.call('ZREM', expiries, key)
  redis.call('ZREM', order, key)
  redis.call('HINCRBY', meta, 'bytes', -size(key, value))
  return true
end
local function removeExpired()
  for _, key in ipairs(redis.call('ZRANGEBYSCORE', expiries, '-inf', string.format('%.0f', now))) do remove(key) end
end
local function get(key)
  local expiry = redis.call('ZSCORE', expiries, key)
  if not expiry then return false end
  if tonumber(expiry) <= now then
    remove(key)
    return false
  end
  return redis.call('HGET', values, key)
end
local function keep(ttl)
  local longest = string.format('%.0f', math.max(ttl, redis.call('PTTL', meta)))
  for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, longest) end
end
local function put(key, value, ttl, maxBytes)
  removeExpired()
  remove(key)
  redis.call('HSET', values, key, value)
  redis.call('ZADD', expiries, string.format('%.0f', now + ttl), key)
  redis.call('ZADD', order, string.format('%.0f', redis.call('HINCRBY', meta, 'number', 1)), key)
  local bytes = redis.call('HINCRBY', meta, 'bytes', size(key, value))
  while bytes > maxBytes do
    local oldest = redis.call('ZRANGE', order, 0, 0)[1]
    if not oldest then break end
    remove(oldest)
    bytes = tonumber(redis.call('HGET', meta, 'bytes'))
  end
  keep(ttl)
end
`;

/** ARGV key. Returns the value, or nothing. */
export const GET = `${MAP}
return get(ARGV[1])
`;

/** ARGV key, value, ttl, maxBytes. */
export const SET = `${MAP}
put(ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]))
return 1
`;

/** ARGV key, value, ttl, maxBytes, '1' when a value is expected or '', that value. Returns 1 when it was set. */
export const COMPARE_AND_SET = `${MAP}
local current = get(ARGV[1])
local isExpected
if ARGV[5] == '' then isExpected = not current else isExpected = current == ARGV[6] end
if not isExpected then return 0 end
put(ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]))
return 1
`;

/** ARGV key. Returns 1 when it was there. */
export const DELETE = `${MAP}
if not get(ARGV[1]) then return 0 end
remove(ARGV[1])
return 1
`;

/** ARGV key, ttl. Returns 1 when it was there. */
export const EXPIRE = `${MAP}
if not get(ARGV[1]) then return 0 end
local ttl = tonumber(ARGV[2])
redis.call('ZADD', expiries, string.format('%.0f', now + ttl), ARGV[1])
keep(ttl)
return 1
`;

/** Returns keys and values in turn, in the order in which they were set. */
export const ENTRIES = `${MAP}
removeExpired()
local found = {}
for _, key in ipairs(redis.call('ZRANGE', order, 0, -1)) do
  found[#found + 1] = key
  found[#found + 1] = redis.call('HGET', values, key)
end
return found
`;
