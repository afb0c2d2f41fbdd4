import { Injectable } from '@nestjs/common';
import { UpdateSink } from '../channel/update-sink.js';
import { InboxService } from './inbox.service.js';
import { jsonText } from './storable-json.js';

/** Accepts polled updates as the webhook would: all of a batch are durable before the next is requested. */
@Injectable()
export class PolledUpdates extends UpdateSink {
  constructor(private readonly inbox: InboxService) {
    super();
  }

  async accept(channel: string, updates: readonly unknown[]): Promise<void> {
    await Promise.all(updates.map((update) => this.inbox.acceptOfBatch(channel, update, jsonText(update))));
  }
}
