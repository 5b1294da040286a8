// chunker, compute
export type {
  ThreadChunkReader,
  ThreadChunkReaderModule,
  ThreadChunkWriter,
  ThreadChunkWriterModule,
  ThreadFailure,
  ThreadModule,
} from "./compute/thread-module.ts";
export type {
  ChunkPipeline,
  ChunkPipelineOptions,
  ChunkStream,
  Cutting,
  PipelineChunk,
  PipelineStatistics,
} from "./compute/chunk-pipeline-contract.ts";
export type {
  ChunkConsumer,
  ChunkConsumerModule,
  ChunkDecoder,
  ChunkDecoderOptions,
  DecodeChecks,
  DecodeRequest,
  DecodeResult,
} from "./compute/chunk-decoder-contract.ts";
export { createChunkPipeline } from "./compute/chunk-pipeline.ts";
export { createChunkDecoder } from "./compute/chunk-decoder.ts";
export { createGearScanner } from "./chunker/gear-scanner.ts";
export { createBuzhashScanner } from "./chunker/buzhash-scanner.ts";
export type { CutScanner } from "./chunker/cut-scanner.ts";

// blob, crypto, index, manifest
export { formatErrors } from "./errors.ts";
export {
  assertBlobCrc,
  BLOB_RAW_SIZE_BYTES_MAX,
  BLOB_SIZE_BYTES_MAX,
  CHUNK_BLOB_SIZE_BYTES_MAX,
  CHUNK_RAW_SIZE_BYTES_MAX,
  decodeBlob,
  encodeBlob,
  encodeBlobParts,
  parseBlobHeader,
} from "./blob/blob.ts";
export {
  COMPRESSION_LEVEL_DEFAULT,
  COMPRESSION_LEVEL_MAX,
  COMPRESSION_LEVEL_MIN,
} from "./blob/compression.ts";
export type { BlobHeader, BlobKind, DecodeBlobOptions, EncodeBlobOptions, EncodedBlob } from "./blob/blob.ts";
export {
  chunkDigest,
  createEncryptionKey,
  ENCRYPTION_KEY_SIZE_BYTES,
  formatFingerprint,
  generateEncryptionKey,
} from "./crypto/encryption-key.ts";
export type { EncryptionKey } from "./crypto/encryption-key.ts";
export { createDynamicIndexWriter, decodeDynamicIndex, dynamicChunkCount } from "./index/dynamic-index.ts";
export type { DynamicIndexReader, DynamicIndexWriter } from "./index/dynamic-index.ts";
export {
  createFixedIndexWriter,
  decodeFixedIndex,
  FIXED_CHUNK_SIZE_BYTES,
  fixedChunkCount,
} from "./index/fixed-index.ts";
export type { FixedIndexReader, FixedIndexWriter } from "./index/fixed-index.ts";
export { INDEX_FILE_SIZE_BYTES_MAX } from "./index/index-layout.ts";
export type { IndexIdentity, IndexTarget, IndexTotals } from "./index/index-layout.ts";
export {
  checkManifestSignature,
  decodeManifest,
  encodeManifest,
  MANIFEST_BLOB_SIZE_BYTES_MAX,
  MANIFEST_NAME,
  signManifest,
} from "./manifest/manifest.ts";
export type { CryptMode, Manifest, ManifestFile, SignatureCheck } from "./manifest/manifest.ts";
export {
  decodeKeyFile,
  describeKeyFile,
  encodeKeyFile,
  KEY_FILE_SIZE_BYTES_MAX,
  PASSPHRASE_LENGTH_MIN,
} from "./crypto/key-file.ts";
export type { KeyFile, KeyFileDescription, KeyFileOptions } from "./crypto/key-file.ts";
export { unwrapKeyFile, WRAPPED_KEY_NAME, wrapKeyFile } from "./crypto/master-key.ts";

// archive
export { ArchiveSource } from "./archive/archive-source.ts";
export { ChunkCache } from "./archive/chunk-cache.ts";
export {
  PxarWriter,
  encodePayloadStart,
  encodePayloadTail,
  PAYLOAD_HEADER_SIZE_BYTES,
  writePayloadHeader,
} from "./archive/pxar-writer.ts";
export type { AttributesOrBytes, PxarSink, StatOrBytes } from "./archive/pxar-writer.ts";
export { PxarReader } from "./archive/pxar-reader.ts";
export type { PxarArchiveHead, PxarEvent } from "./archive/pxar-reader.ts";
export { PxarTree } from "./archive/pxar-tree.ts";
export type { PxarChild, PxarDirectory } from "./archive/pxar-tree.ts";
export type { PxarContent, PxarEntry, PxarKind } from "./archive/pxar-entry.ts";
export type { ByteSource } from "./archive/archive-window.ts";
export {
  decodeAttributes,
  encodeAttributes,
  encodeStat,
  NO_PXAR_ATTRIBUTES,
} from "./archive/pxar-metadata.ts";
export type {
  PxarAcl,
  PxarAclEntry,
  PxarAttributes,
  PxarDefaultAcl,
  PxarStat,
  PxarXattr,
} from "./archive/pxar-metadata.ts";
export { CatalogReader } from "./archive/catalog-reader.ts";
export type { CatalogDirectory, CatalogEntry } from "./archive/catalog-reader.ts";
export { CatalogWriter } from "./archive/catalog-writer.ts";
export type { CatalogKind } from "./archive/catalog-layout.ts";
