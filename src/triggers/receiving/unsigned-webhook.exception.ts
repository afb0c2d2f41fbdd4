import { UnauthorizedException } from '@nestjs/common';
import type { RefusalReason } from '../schemes/verification.js';

/** 401 with one answer for all reasons; the reason is its name, which the log line of the refusal shows. */
export class UnsignedWebhookException extends UnauthorizedException {
  constructor(reason: RefusalReason | 'not-loopback') {
    super('wrong or missing signature');
    this.name = `WEBHOOK_${reason.toUpperCase().replaceAll('-', '_')}`;
  }
}
