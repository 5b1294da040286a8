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
