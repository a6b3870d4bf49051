-- Lend slots by Rule W: fewer than so many are lent, or rest.
-- Everything is in microseconds of this server's clock; one script runs at a time.
local LENT, ANSWERED, OTHER, GATE, SHARES = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local WHOLE, FATES, FIRST_BACK = 1000000, { [0] = ANSWERED, [1] = OTHER }, 14
local KEPT_IDLE = 7 * 24 * 3600 * 1000

local owner = ARGV[1]
local arg = {}
for i = 1, 13 do arg[i] = tonumber(ARGV[i]) end
local calls, wanted, urgent = arg[2], arg[3], arg[4] == 1
local period, rest, birth, lease, hold = arg[5], arg[6], arg[7], arg[8], arg[9]
local share, taught, ago, pause = arg[10], arg[11], arg[12], arg[13]

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])

-- Lua writes large numbers with 14 digits; these have 16.
local function text(n) return string.format('%.0f', n) end

local function get(name) return tonumber(redis.call('HGET', GATE, name) or '0') end

local function set(name, n) redis.call('HSET', GATE, name, text(n)) end

-- Nothing true is written for a moment later than this.
local far = now + math.max(lease, birth) + rest

-- A store that has forgotten everything lends nothing until the calls it has forgotten
-- are counted. (One that opens later than it could was written before the clock was set.)
local opens = get('opens')
if opens == 0 or opens > far then
  opens = now + birth
  set('opens', opens)
end

-- Slots that are brought back; a ticket that is not known any more is nobody's.
for i = FIRST_BACK, #ARGV, 3 do
  local known = redis.call('ZREM', LENT, ARGV[i]) == 1
  local row = FATES[tonumber(ARGV[i + 2])]
  local ready = now + tonumber(ARGV[i + 1])
  if known and row and ready > now then redis.call('ZADD', row, text(ready), ARGV[i]) end
end

-- Slots of those who are gone, and what was written before the clock was set back.
local function again(row, from, to)
  for _, ticket in ipairs(redis.call('ZRANGEBYSCORE', row, from, to)) do
    redis.call('ZREM', row, ticket)
    redis.call('ZADD', OTHER, text(now + rest), ticket)
  end
end

again(LENT, '-inf', text(now - lease))
for _, row in ipairs({ LENT, ANSWERED, OTHER }) do again(row, '(' .. text(far), '+inf') end

for _, row in ipairs({ ANSWERED, OTHER }) do
  redis.call('ZREMRANGEBYSCORE', row, '-inf', text(now))
end

-- What clients keep to themselves is not lent here; each kept share is
-- "millionths until lives": it lives once the others are down to the remainder.
local others, mine, lives = 0, 0, 0
local found = redis.call('HGETALL', SHARES)
for i = 1, #found, 2 do
  local part, till, is = string.match(found[i + 1], '(%d+) (%d+) (%d)')
  if tonumber(till) <= now then
    redis.call('HDEL', SHARES, found[i])
  elseif found[i] == owner then
    mine, lives = tonumber(part), tonumber(is)
    if share == 0 then hold = math.min(rest, tonumber(till) - now) end
  else
    others = others + tonumber(part)
  end
end

if mine == 0 and share > 0 then
  mine = math.max(0, math.min(share, WHOLE - others - math.ceil(WHOLE / calls)))
end

local limit = math.max(1, math.floor(calls * (WHOLE - others - mine) / WHOLE))
local lent = redis.call('ZCARD', LENT)
local answered = redis.call('ZCARD', ANSWERED)
local busy = lent + answered + redis.call('ZCARD', OTHER)
if mine > 0 then
  if busy <= limit and now >= opens then lives = 1 end
  redis.call('HSET', SHARES, owner, mine .. ' ' .. text(now + hold) .. ' ' .. lives)
end

-- What refusals have taught, to whomever.
if taught > 0 and now - ago > get('since') then
  set('calls', taught)
  set('since', now - ago)
end

if pause > 0 then set('paused', math.max(get('paused'), now + pause)) end

-- Lend what is free; else the one slot that is ready next, to be used then.
local hurried = get('urgent')
local is_ours = redis.call('HGET', GATE, 'hurries') == owner
local count, delay, wait = 0, 0, 0
if wanted == 0 then
  wait = 0
elseif now < opens then
  wait = opens - now
elseif not urgent and not is_ours and hurried > now and hurried <= far then
  wait = hurried - now
elseif busy < limit then
  count = math.min(wanted, limit - busy)
elseif lent < limit then
  local ready = {}
  for _, row in ipairs({ ANSWERED, OTHER }) do
    local part = redis.call('ZRANGE', row, 0, busy - limit, 'WITHSCORES')
    for i = 2, #part, 2 do table.insert(ready, tonumber(part[i])) end
  end

  table.sort(ready)
  count, delay = 1, ready[busy - limit + 1] - now
end

-- Nothing is lent for a moment further off: its borrower may be gone by then.
if delay > period then count, delay = 0, 0 end

if wanted > 0 and count == 0 and wait == 0 then
  wait = period
  if urgent then
    set('urgent', now + wait + 20000)
    redis.call('HSET', GATE, 'hurries', owner)
  end
end

if count > 0 and urgent and is_ours then set('urgent', 0) end

local tickets = {}
if count > 0 then
  local last = math.max(now, get('last'))
  for i = 1, count do
    tickets[i] = text(last + i)
    redis.call('ZADD', LENT, tickets[i], tickets[i])
  end

  set('last', last + count)
end

for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, KEPT_IDLE) end

local learned = get('calls')
local reply = {
  text(delay), text(wait), lent + count, answered, learned,
  learned > 0 and text(now - get('since')) or 0,
  text(math.max(0, get('paused') - now)),
  lives == 1 and share > 0 and mine or 0,
}
for _, ticket in ipairs(tickets) do table.insert(reply, ticket) end

return reply
