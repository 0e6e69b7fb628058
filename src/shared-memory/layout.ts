// Where every structure of shared memory keeps its words: offsets, sizes and marks, nothing that runs.
// Any thread reads these constants; each structure below says which thread writes which word. Never holds a type of an order,
// a price or anything else of the domain. `_WORD` is an index into an Int32Array over the buffer, `_BYTE` a byte offset.
//
// Every structure starts with one header, written once by `create` before the buffer is handed to another thread:
//
//   byte  0       4         8        12       16                                      128
//         +-------+---------+--------+--------+-----------------------------------------+
//         | magic | version | size A | size B |  unused                                 |
//         +-------+---------+--------+--------+-----------------------------------------+
//
// Words written by different threads stand 128 bytes apart, not 64: processors fetch lines in adjacent pairs, and a pair that
// two threads write is as slow as a line that two threads write.

/** Bytes in a cache line. */
export const CACHE_LINE_BYTES = 64;

/** Bytes between words that different threads write: two cache lines. */
export const APART_BYTES = 128;

/** Positions of the two byte rings count units of this many bytes, so an Int32 goes round after 32 GiB. */
export const UNIT_BYTES = 8;

export const MAGIC_WORD = 0;
export const VERSION_WORD = 1;

// Command ring: fixed slots, one producer thread, one consumer thread.
//
//   byte  0        128               256               384
//         +--------+-----------------+-----------------+--------+--------+-- --+------------+
//         | header | producer cursor | consumer cursor | slot 0 | slot 1 | ... | slot n - 1 |
//         +--------+-----------------+-----------------+--------+--------+-- --+------------+
//           size A = slots             producer cursor: slots ever committed, Int32, wraps; the producer writes it
//           size B = bytes a slot      consumer cursor: slots ever released, Int32, wraps; the consumer writes it
export const COMMAND_RING_MAGIC = 0x52426372; // "RBcr"
export const COMMAND_RING_VERSION = 1;
export const COMMAND_RING_SLOTS_WORD = 2;
export const COMMAND_RING_SLOT_BYTES_WORD = 3;
export const COMMAND_RING_PRODUCER_WORD = APART_BYTES / 4;
export const COMMAND_RING_CONSUMER_WORD = (2 * APART_BYTES) / 4;
export const COMMAND_RING_DATA_BYTE = 3 * APART_BYTES;

// Message ring: records of any length, one producer thread, one consumer thread.
//
//   byte  0        128               256               384
//         +--------+-----------------+-----------------+-----------------------------------+
//         | header | producer cursor | consumer cursor | records, capacity bytes, circular |
//         +--------+-----------------+-----------------+-----------------------------------+
//           size A = capacity bytes    both cursors count units of 8 bytes, Int32, wrap; each side writes its own
//
// Record, of both byte rings; it never straddles the end of the buffer: a padding record fills the rest of the lap instead.
//
//   byte  0        4      8                    8 + length       next multiple of 8
//         +--------+------+--------------------+----------------+
//         | length | type | payload            | never read     |
//         +--------+------+--------------------+----------------+
//           length: payload bytes, 0 or more     type: 0 or more is the caller's, PADDING_TYPE is ours
export const MESSAGE_RING_MAGIC = 0x52426d72; // "RBmr"
export const MESSAGE_RING_VERSION = 1;
export const MESSAGE_RING_CAPACITY_WORD = 2;
export const MESSAGE_RING_PRODUCER_WORD = APART_BYTES / 4;
export const MESSAGE_RING_CONSUMER_WORD = (2 * APART_BYTES) / 4;
export const MESSAGE_RING_DATA_BYTE = 3 * APART_BYTES;

export const RECORD_HEADER_BYTES = 8;
/** Int32 index of the length within a record; the type is the word after it. */
export const RECORD_LENGTH_WORD = 0;
export const RECORD_TYPE_WORD = 1;
export const PADDING_TYPE = -1;

// Broadcast ring: records of any length, one writer thread that overwrites the oldest, any number of reader threads.
//
//   byte  0        128           256           384
//         +--------+------+------+-------------+-----------------------------------+
//         | header | head | laps | tail        | records, capacity bytes, circular |
//         +--------+------+------+-------------+-----------------------------------+
//           size A = capacity bytes
//           head: position of the oldest whole record kept; moved before its bytes are overwritten
//           laps: times the writer went round the buffer, Int32: tells a reader that slept for 2^31 units from one that is near
//           tail: position after the newest published record
//           all three are the writer's; positions count units of 8 bytes, Int32, wrap
export const BROADCAST_RING_MAGIC = 0x52426272; // "RBbr"
export const BROADCAST_RING_VERSION = 1;
export const BROADCAST_RING_CAPACITY_WORD = 2;
export const BROADCAST_RING_HEAD_WORD = APART_BYTES / 4;
export const BROADCAST_RING_LAPS_WORD = APART_BYTES / 4 + 1;
export const BROADCAST_RING_TAIL_WORD = (2 * APART_BYTES) / 4;
export const BROADCAST_RING_DATA_BYTE = 3 * APART_BYTES;

// Latest value: one writer thread, any number of reader threads, two copies used in turn.
//
//   byte  0        128            256           256 + stride
//         +--------+--------------+-------------+-------------+
//         | header | sequence     | copy 0      | copy 1      |     stride: 16 + the largest value, rounded up to 128
//         +--------+--------------+-------------+-------------+
//           size A = largest value  sequence: of the newest value, Int32, wraps past 0; value n is in copy n % 2, and 0 means none yet
//
//   copy  0         8        12       16
//         +---------+--------+--------+-------------+
//         | version | length | unused | bytes       |               version is a float64
//         +---------+--------+--------+-------------+
export const LATEST_VALUE_MAGIC = 0x52426c76; // "RBlv"
export const LATEST_VALUE_VERSION = 1;
export const LATEST_VALUE_CAPACITY_WORD = 2;
export const LATEST_VALUE_SEQUENCE_WORD = APART_BYTES / 4;
export const LATEST_VALUE_COPIES_BYTE = 2 * APART_BYTES;
export const LATEST_VALUE_COPY_VERSION_BYTE = 0;
export const LATEST_VALUE_COPY_LENGTH_BYTE = 8;
export const LATEST_VALUE_COPY_DATA_BYTE = 16;

// Doorbells: one word per sleeping thread, each on a line of its own; no header, for they are a bare array.
export const DOORBELL_AWAKE = 0;
export const DOORBELL_ASLEEP = 1;
