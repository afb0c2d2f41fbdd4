import { Module } from '@nestjs/common';
import { BudgetModule } from '../../budget/budget.module.js';
import { DeliveryModule } from '../../delivery/delivery.module.js';
import { MemoryModule } from '../../memory/memory.module.js';
import { LanesModule } from '../../queue/lanes.module.js';
import { AlertRepository } from './alert.repository.js';
import { AlertWatch } from './alert-watch.js';
import { AlertsService } from './alerts.service.js';
import { WatchRepository } from './watch.repository.js';

/** Alerts to ALERTS_CHAT: in the roles `worker` and `all`. */
@Module({
  imports: [LanesModule, MemoryModule, DeliveryModule, BudgetModule],
  providers: [AlertRepository, WatchRepository, AlertWatch, AlertsService],
})
export class AlertsModule {}
