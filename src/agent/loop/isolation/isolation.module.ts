import { type DynamicModule, Module } from '@nestjs/common';
import { IsolatedEntry } from './isolated-entry.js';

/** Provides the entry of a suspect's process; global, because only the root knows it. */
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
