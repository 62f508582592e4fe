-- Books a request in every bucket, or in none of them when one has no room.
-- KEYS: the buckets. ARGV: for each the microseconds that a request stays in it, and
-- those that it has room for.
-- Answers whether it was booked, and for each bucket the microseconds until it is empty.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local held, taken = redis.call('MGET', unpack(KEYS)), 1
local left = {}
for i = 1, #KEYS do
  left[i] = math.max((tonumber(held[i] or now) or now) - now, 0)
  if left[i] + ARGV[2 * i - 1] > tonumber(ARGV[2 * i]) then taken = 0 end
end
local out = {taken}
for i = 1, #KEYS do
  if taken == 1 then
    left[i] = left[i] + ARGV[2 * i - 1]
    -- An empty bucket need not be kept; some seconds more forgive a clock that differs.
    redis.call('SET', KEYS[i], string.format('%.0f', now + left[i]), 'PX', math.ceil(left[i] / 1000) + 10000)
  end
  out[i + 1] = left[i]
end
return out
