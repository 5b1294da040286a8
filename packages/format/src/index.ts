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
