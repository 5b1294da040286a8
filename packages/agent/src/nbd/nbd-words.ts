/** The numbers of the NBD protocol (newstyle handshake, structured replies) that reading an image needs. */

export const NBD_MAGIC = 0x4e42444d41474943n; // "NBDMAGIC"
export const OPTION_MAGIC = 0x49484156454f5054n; // "IHAVEOPT"
export const OPTION_REPLY_MAGIC = 0x3e889045565a9n;
export const REQUEST_MAGIC = 0x25609513;
export const STRUCTURED_REPLY_MAGIC = 0x668e33ef;

export const HANDSHAKE_FIXED_NEWSTYLE = 1;
export const HANDSHAKE_NO_ZEROES = 2;

export const OPTION_GO = 7;
export const OPTION_STRUCTURED_REPLY = 8;
export const OPTION_SET_META_CONTEXT = 10;

export const REPLY_ACK = 1;
export const REPLY_INFO = 3;
export const REPLY_META_CONTEXT = 4;
/** From here on a reply to an option is a refusal. */
export const REPLY_ERROR_BIT = 0x80000000;
export const INFO_EXPORT = 0;

export const COMMAND_READ = 0;
export const COMMAND_DISCONNECT = 2;
export const COMMAND_BLOCK_STATUS = 7;

export const CHUNK_FLAG_DONE = 1;
export const CHUNK_NONE = 0;
export const CHUNK_OFFSET_DATA = 1;
export const CHUNK_OFFSET_HOLE = 2;
export const CHUNK_BLOCK_STATUS = 5;
export const CHUNK_ERROR_BIT = 0x8000;

/** Of `base:allocation`: this stretch reads as zeros. The other bit (no space allocated) does not promise that. */
export const STATE_ZERO = 2;
