import { Module } from '@nestjs/common';
import { AdminApprovalsModule } from './approvals/admin-approvals.module.js';
import { AdminBudgetsModule } from './budgets/admin-budgets.module.js';
import { AdminConversationsModule } from './conversations/admin-conversations.module.js';
import { AdminDeadLettersModule } from './dead-letters/admin-dead-letters.module.js';
import { AdminEventsModule } from './events/admin-events.module.js';
import { AdminFloodGateModule } from './flood-gate/admin-flood-gate.module.js';
import { AdminNotificationEndpointsModule } from './notification-endpoints/admin-notification-endpoints.module.js';
import { AdminPairingsModule } from './pairings/admin-pairings.module.js';
import { AdminPeopleModule } from './people/admin-people.module.js';
import { AdminSchedulesModule } from './schedules/admin-schedules.module.js';
import { AdminSourcesModule } from './sources/admin-sources.module.js';
import { AdminTriggersModule } from './triggers/admin-triggers.module.js';
import { AdminTurnsModule } from './turns/admin-turns.module.js';

/** The admin API under `/admin`: one module for each resource. */
@Module({
  imports: [
    AdminConversationsModule,
    AdminTurnsModule,
    AdminDeadLettersModule,
    AdminBudgetsModule,
    AdminPeopleModule,
    AdminSchedulesModule,
    AdminApprovalsModule,
    AdminFloodGateModule,
    AdminPairingsModule,
    AdminSourcesModule,
    AdminTriggersModule,
    AdminEventsModule,
    AdminNotificationEndpointsModule,
  ],
})
export class AdminModule {}
