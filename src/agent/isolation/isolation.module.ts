import { type DynamicModule, Module } from '@nestjs/common';
import { IsolatedEntry } from './isolated-entry.js';

/** Tells how a process for a suspect is started; global, because only the root knows. */
@Module({})
export class IsolationModule {
  static forRoot(entry: IsolatedEntry): DynamicModule {
    return {
      module: IsolationModule,
      global: true,
      providers: [{ provide: IsolatedEntry, useValue: entry }],
      exports: [IsolatedEntry],
    };
  }
}
