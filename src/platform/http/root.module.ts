import { Module } from '@nestjs/common';
import { RootController } from './root.controller.js';

/** Serves `GET /`. */
@Module({ controllers: [RootController] })
export class RootModule {}
