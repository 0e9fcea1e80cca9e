"""What the Redis queue does in one step, as scripts that Redis runs whole or not at all.

A job is an entry of a stream; a lease is an entry of its consumer group's list of pending ones, which knows
the consumer and how often the entry was delivered. Both must be the lease's for anything to be changed.
A script that fails in its middle is not undone, so a job is removed last.
"""

from __future__ import annotations

_SHARED = """
local function now()
  local time = redis.call('TIME')
  return tonumber(time[1]) + tonumber(time[2]) / 1000000
end
local function held(stream, group, entry, consumer, deliveries)
  local found = redis.call('XPENDING', stream, group, entry, entry, 1)
  return found[1] and found[1][2] == consumer and found[1][4] == tonumber(deliveries)
end
local function fields(stream, entry)
  local found = redis.call('XRANGE', stream, entry, entry)
  if not found[1] then return nil end
  local job = {}
  for i = 1, #found[1][2], 2 do job[found[1][2][i]] = found[1][2][i + 1] end
  return job
end
local function remove(stream, group, entry)
  redis.call('XACK', stream, group, entry)
  redis.call('XDEL', stream, entry)
end
local function add(stream, job)
  local function text(name) return tostring(job[name] or '') end
  redis.call('XADD', stream, '*', 'id', text('id'), 'payload', text('payload'), 'tokens', text('tokens'),
    'attempts', text('attempts'))
end
"""

PROMOTE = (
    _SHARED
    + """
-- KEYS: stream, delayed. ARGV: longest pause. Jobs whose pause is over, or is too long, join the stream.
local moment = now()
local ready = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', moment, 'LIMIT', 0, 200)
local odd = redis.call('ZRANGEBYSCORE', KEYS[2], moment + tonumber(ARGV[1]), '+inf', 'LIMIT', 0, 200)
for _, member in ipairs(odd) do table.insert(ready, member) end
for _, member in ipairs(ready) do
  local readable, job = pcall(cjson.decode, member)
  if not readable or type(job) ~= 'table' then job = {payload = member} end
  add(KEYS[1], job)
  redis.call('ZREM', KEYS[2], member)
end
return #ready
"""
)

RECLAIM = """
-- KEYS: stream. ARGV: group, consumer, milliseconds of a lease. Lends the consumer a job whose lease has run
-- out; gives entry, deliveries and fields. (XAUTOCLAIM looks at a few entries only, which may all be held.)
while true do
  -- The least often delivered first: who is at every death must not be innocent and merely the oldest.
  local late
  for _, each in ipairs(redis.call('XPENDING', KEYS[1], ARGV[1], 'IDLE', ARGV[3], '-', '+', 1000)) do
    if not late or each[4] < late[4] then late = each end
  end
  if not late then return nil end
  local entry = redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], ARGV[3], late[1])[1]
  if entry then return {late[1], late[4] + 1, entry[2]} end
  redis.call('XACK', KEYS[1], ARGV[1], late[1])  -- somebody deleted it
end
"""

EXTEND = (
    _SHARED
    + """
-- KEYS: stream. ARGV: group, consumer, then entry and deliveries of each job. Gives the lost entries.
local lost = {}
for i = 3, #ARGV, 2 do
  if held(KEYS[1], ARGV[1], ARGV[i], ARGV[2], ARGV[i + 1]) then
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i], 'JUSTID')
  else
    table.insert(lost, ARGV[i])
  end
end
return lost
"""
)

FINISH = (
    _SHARED
    + """
-- KEYS: stream, results, ended. ARGV: group, consumer, then entry, deliveries, id and result of each job.
local lost = {}
for i = 3, #ARGV, 4 do
  if held(KEYS[1], ARGV[1], ARGV[i], ARGV[2], ARGV[i + 1]) then
    if ARGV[i + 3] ~= '' then redis.call('HSET', KEYS[2], ARGV[i + 2], ARGV[i + 3]) end
    redis.call('ZADD', KEYS[3], now(), ARGV[i + 2])
    remove(KEYS[1], ARGV[1], ARGV[i])
  else
    table.insert(lost, ARGV[i])
  end
end
return lost
"""
)

FAIL = (
    _SHARED
    + """
-- KEYS: stream, delayed, dead, buried. ARGV: group, consumer, then of each job entry, deliveries, attempts,
-- pause in seconds (negative: never again) and error.
local lost = {}
for i = 3, #ARGV, 5 do
  local job = held(KEYS[1], ARGV[1], ARGV[i], ARGV[2], ARGV[i + 1]) and fields(KEYS[1], ARGV[i])
  if job then
    job.attempts, job.error = ARGV[i + 2], ARGV[i + 4]
    if not job.id or job.id == '' then job.id = ARGV[i] end
    local pause = tonumber(ARGV[i + 3])
    if pause >= 0 then
      redis.call('ZADD', KEYS[2], now() + pause, cjson.encode(job))
    else
      job.died = now()
      redis.call('HSET', KEYS[3], job.id, cjson.encode(job))
      redis.call('ZADD', KEYS[4], job.died, job.id)
    end
    remove(KEYS[1], ARGV[1], ARGV[i])
  else
    table.insert(lost, ARGV[i])
  end
end
return lost
"""
)

RETRY = (
    _SHARED
    + """
-- KEYS: stream, dead, buried. ARGV: ids. Gives those that were dead letters.
local found = {}
for _, id in ipairs(ARGV) do
  local letter = redis.call('HGET', KEYS[2], id)
  if letter then
    local job = cjson.decode(letter)
    job.attempts = 0
    add(KEYS[1], job)
    redis.call('HDEL', KEYS[2], id)
    redis.call('ZREM', KEYS[3], id)
    table.insert(found, id)
  end
end
return found
"""
)

EXPIRE = (
    _SHARED
    + """
-- KEYS: results, ended. ARGV: seconds that results are kept. Gives how many were removed, 1,000 at most.
local old = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now() - tonumber(ARGV[1]), 'LIMIT', 0, 1000)
for _, id in ipairs(old) do
  redis.call('HDEL', KEYS[1], id)
  redis.call('ZREM', KEYS[2], id)
end
return #old
"""
)

LEAVE = """
-- KEYS: stream. ARGV: group, consumer. With a consumer its pending jobs would go, so only one without goes.
if #redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, ARGV[2]) == 0 then
  redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
end
"""
