import { Module } from '@nestjs/common';
import { RootController } from './root.controller.js';

/** What `GET /` answers. */
@Module({ controllers: [RootController] })
export class RootModule {}
