import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Reception, WebhookReceiver } from '../triggers/receiving/webhook-receiver.js';
import { SOURCE_PARAM, SourceGate } from './source.gate.js';
import { webhookRequestOf } from './webhook-request.js';

/** Receives the webhooks of sources at one address for each. `SourceGate` refuses unknown sources before. */
@Controller('webhook')
export class SourceWebhookController {
  constructor(
    private readonly gate: SourceGate,
    private readonly receiver: WebhookReceiver,
  ) {}

  /** Answers once the webhook is durable, before any work on it. */
  @Post(`:${SOURCE_PARAM}`)
  async receive(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    answer(reply, await this.receiver.receive(this.gate.sourceOf(request), webhookRequestOf(request)));
  }

  /** Answers the handshakes that come as GET. */
  @Get(`:${SOURCE_PARAM}`)
  async greet(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    answer(reply, await this.receiver.receive(this.gate.sourceOf(request), webhookRequestOf(request)));
  }
}

function answer(reply: FastifyReply, reception: Reception): void {
  switch (reception.kind) {
    case 'stored':
      void reply.status(200).send({ status: reception.status });
      return;
    case 'handshake': {
      const { status, contentType, body } = reception.answer;
      void reply.status(status).type(contentType).send(body);
    }
  }
}
