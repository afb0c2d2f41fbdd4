import { Module } from '@nestjs/common';
import { WebModule } from '../../agent/tools/web/web.module.js';
import { LanesModule } from '../../queue/lanes.module.js';
import { SecretsModule } from '../../platform/secrets/secrets.module.js';
import { DeliveryRepository } from './delivery.repository.js';
import { EndpointCaller } from './endpoint-caller.js';
import { EndpointHosts } from './endpoint-hosts.js';
import { NotificationSender } from './notification-sender.service.js';

/** Sends notifications to endpoints: in the roles `worker` and `all`. */
@Module({
  imports: [LanesModule, WebModule, SecretsModule],
  providers: [DeliveryRepository, EndpointHosts, EndpointCaller, NotificationSender],
})
export class SendingModule {}
