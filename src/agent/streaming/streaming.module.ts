import { Module } from '@nestjs/common';
import { DeliveryModule } from '../../delivery/delivery.module.js';
import { StreamedReplies } from './streamed-replies.js';

/** Streams replies: shows an answer while it is written. */
@Module({
  imports: [DeliveryModule],
  providers: [StreamedReplies],
  exports: [StreamedReplies],
})
export class StreamingModule {}
