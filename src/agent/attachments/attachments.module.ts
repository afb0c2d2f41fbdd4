import { Module } from '@nestjs/common';
import { LeaseModule } from '../../queue/lease/lease.module.js';
import { ModelModule } from '../llm/model.module.js';
import { AttachmentRepository } from './attachment.repository.js';
import { AttachmentsService } from './attachments.service.js';
import { FileReader } from './file-reader.js';
import { Pictures } from './pictures.js';
import { Transcriber } from './transcriber.js';

/** Turns files of messages into text, pictures for the model, and transcriptions. */
@Module({
  imports: [LeaseModule, ModelModule],
  providers: [AttachmentRepository, AttachmentsService, FileReader, Pictures, Transcriber],
  exports: [AttachmentsService, Pictures],
})
export class AttachmentsModule {}
