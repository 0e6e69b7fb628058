// What Redis runs to store a book: set and publish, unless what is there is newer. One key, so it needs no transaction.
// The value says first which book it is (publisher.ts); the script reads only that much of it.

export const PublishResult = {
  /** What is there is newer: nothing was changed. */
  OLDER: -1,
  /** The same book is there already: nothing was changed. */
  SAME: 0,
  STORED: 1,
} as const;

/** KEYS: the book. ARGV: epoch, sequence, journal id, value. */
export const PUBLISH_SCRIPT = `
local head = redis.call('GETRANGE', KEYS[1], 0, 255)
local epoch, sequence, journal = string.match(head, '^{"epoch":(%d+),"sequence":(%d+),"journal":"([^"]*)"')
if journal == ARGV[3] then
  local de = tonumber(epoch) - tonumber(ARGV[1])
  local ds = tonumber(sequence) - tonumber(ARGV[2])
  if de > 0 or (de == 0 and ds > 0) then return -1 end
  if de == 0 and ds == 0 then return 0 end
end
redis.call('SET', KEYS[1], ARGV[4])
redis.call('PUBLISH', KEYS[1], ARGV[4])
return 1
`;
