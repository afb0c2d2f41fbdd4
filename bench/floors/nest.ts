import 'reflect-metadata';
import { Body, Controller, HttpCode, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { GroupInsert, type Update } from './group-insert.js';

/** The cost of the framework: the durable floor behind a Nest controller, and nothing of Turnpike. */
const inserts = await GroupInsert.open();

@Controller('webhook')
class BareController {
  @Post('telegram')
  @HttpCode(200)
  async receive(@Body() update: Update): Promise<{ status: string }> {
    await new Promise<void>((committed) => inserts.add(update, JSON.stringify(update), committed));
    return { status: 'queued' };
  }
}

@Module({ controllers: [BareController] })
class BareModule {}

const app = await NestFactory.create(BareModule, new FastifyAdapter(), { logger: false });
await app.listen(0, '127.0.0.1');
process.stdout.write(`listening ${await app.getUrl()}\n`);
