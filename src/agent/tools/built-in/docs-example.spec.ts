import { randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Injectable } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { IsInt, IsISO8601, IsOptional, Max, Min } from 'class-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GiveUpError } from '../../../platform/errors/errors.js';
import type { ToolContext } from '../tool-context.js';
import { ToolRegistry } from '../tool-registry.js';
import { ToolRunner } from '../tool-runner.js';
import { Describe, Tool } from '../tool.decorator.js';
import { toolContext } from '../../../../test/support/tool-context.js';
import { noSecrets } from '../../../../test/support/error-texts.js';
import { Redactor } from '../../../platform/errors/redactor.js';

// docs/tools.md shows these two word for word; the last test compares.

export class RollDiceParameters {
  @Describe('How many sides each die has, e.g. 6.')
  @IsInt()
  @Min(2)
  @Max(1_000)
  sides: number;

  @Describe('How many dice to roll. Default: 1.')
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(100)
  count?: number;
}

@Injectable()
export class RollDiceTool {
  @Tool({
    name: 'roll_dice',
    description: 'Rolls dice and returns what each of them shows.',
    parameters: RollDiceParameters,
    sideEffects: false,
  })
  roll({ sides, count = 1 }: RollDiceParameters): number[] {
    return Array.from({ length: count }, () => randomInt(1, sides + 1));
  }
}

export class BookTableParameters {
  @Describe('ISO 8601, e.g. "2026-11-03T19:30:00+01:00".')
  @IsISO8601()
  at: string;

  @IsInt()
  @Min(1)
  guests: number;
}

export abstract class BookingSettings {
  abstract readonly url: string;
}

@Injectable()
export class BookTableTool {
  constructor(private readonly settings: BookingSettings) {}

  @Tool({
    name: 'book_table',
    description: 'Books a table and returns the booking, or says why there is none.',
    parameters: BookTableParameters,
    timeoutMs: 5_000,
    maxOutputChars: 2_000,
  })
  async book(booking: BookTableParameters, context: ToolContext, signal: AbortSignal): Promise<string> {
    const response = await fetch(this.settings.url, {
      method: 'POST',
      body: JSON.stringify(booking),
      headers: { 'content-type': 'application/json', 'idempotency-key': context.idempotencyKey },
      signal,
    });
    if (response.status === 409) {
      throw new GiveUpError('NO_TABLE', `There is no free table for ${booking.guests} at ${booking.at}.`);
    }
    if (!response.ok) throw new Error(`the booking service answered ${response.status}`);
    return response.text();
  }
}

describe('The examples of docs/tools.md', () => {
  const keys: unknown[] = [];
  const server = createServer((request, response) => {
    keys.push(request.headers['idempotency-key']);
    request.resume().on('end', () => response.writeHead(keys.length > 1 ? 409 : 201).end('{"table":7}'));
  });
  let registry: ToolRegistry;
  let runner: ToolRunner;
  const run = (name: string, fields: object) =>
    runner.run(
      { id: 'call_1', name, arguments: JSON.stringify(fields) },
      toolContext({ idempotencyKey: 't:1' }),
      new AbortController().signal,
    );

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const module = await Test.createTestingModule({
      imports: [DiscoveryModule],
      providers: [
        ToolRegistry,
        ToolRunner,
        { provide: Redactor, useValue: noSecrets },
        RollDiceTool,
        BookTableTool,
        { provide: BookingSettings, useValue: { url: `http://127.0.0.1:${portOf(server.address())}` } },
      ],
    }).compile();
    await module.init();
    registry = module.get(ToolRegistry);
    runner = module.get(ToolRunner);
  });

  afterAll(() => server.close());

  it('work', async () => {
    expect(await run('roll_dice', { sides: 6, count: 3 })).toMatchObject({
      output: expect.stringMatching(/^\[[1-6],[1-6],[1-6]\]$/),
      error: null,
    });
    expect((await run('roll_dice', { sides: 1 })).output).toContain('sides must not be less than 2');

    const booking = { at: '2026-11-03T19:30:00+01:00', guests: 4 };
    expect(await run('book_table', booking)).toEqual({ output: '{"table":7}', error: null });
    expect(await run('book_table', booking)).toMatchObject({ error: 'NO_TABLE' });
    expect(keys).toEqual(['t:1', 't:1']);
  });

  it('equal the documentation’s text', async () => {
    const here = await readFile(new URL(import.meta.url), 'utf8');
    const docs = await readFile(new URL('../../../../docs/tools.md', import.meta.url), 'utf8');
    const examples = here.slice(here.indexOf('export class RollDiceParameters'), here.indexOf('\ndescribe('));
    const [dice = '', booking = ''] = examples.split('\nexport class BookTableParameters');
    expect(docs).toContain(dice.trim());
    expect(docs).toContain(`export class BookTableParameters${booking}`.trim());
    const [, schema = ''] = /```json\n(.*?)```/s.exec(docs) ?? [];
    expect(JSON.parse(schema)).toEqual(registry.find('roll_dice')?.schema);
  });
});

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('the server does not listen');
  return address.port;
}
