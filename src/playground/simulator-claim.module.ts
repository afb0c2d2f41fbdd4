import { type DynamicModule, Module } from '@nestjs/common';
import { Database } from '../platform/database/database.js';
import { SimulatorClaim, type TelegramKind } from './simulator-claim.js';

/** Claims the database before any worker begins: providers are built before the first hook runs. */
@Module({})
export class SimulatorClaimModule {
  static forRoot(kind: TelegramKind): DynamicModule {
    return {
      module: SimulatorClaimModule,
      providers: [
        {
          provide: SimulatorClaim,
          useFactory: ({ url }: Database) => SimulatorClaim.make(url, kind),
          inject: [Database],
        },
      ],
    };
  }
}
