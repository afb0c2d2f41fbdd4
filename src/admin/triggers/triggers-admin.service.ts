import { BadRequestException, Injectable } from '@nestjs/common';
import { TriggersService } from '../../triggers/rules/triggers.service.js';
import { asHttp, type Statuses } from '../access/as-http.js';
import { decodeIdCursor, encodeIdCursor } from '../listing/cursor.js';
import { pageOf, type PageQuery } from '../listing/page.js';
import type { NewTriggerDto, TriggerChangeDto, TriggerDto, TriggerPage } from './trigger.dto.js';
import type { TriggerTestDto, TriggerTestResultDto } from './trigger-test.dto.js';
import { readTarget, toTestResult, toTriggerDto } from './trigger-mapping.js';

const statuses: Statuses = {
  TRIGGER_UNKNOWN: 404,
  WEBHOOK_UNKNOWN: 404,
  TRIGGER_NAME_TAKEN: 409,
  SOURCE_TRIGGERS_FULL: 409,
};

/** Lists, changes and tries out triggers for operators. */
@Injectable()
export class TriggersAdminService {
  constructor(private readonly triggers: TriggersService) {}

  async list({ limit, cursor }: PageQuery): Promise<TriggerPage> {
    const after = cursor === undefined ? null : decodeIdCursor(cursor);
    const rows = await this.triggers.list(after, limit + 1);
    return pageOf(rows, limit, toTriggerDto, ({ id }) => encodeIdCursor(id));
  }

  async get(id: string): Promise<TriggerDto> {
    return toTriggerDto(await asHttp(statuses, () => this.triggers.get(id)));
  }

  async create({ source, target, ...wish }: NewTriggerDto): Promise<TriggerDto> {
    const { name, prompt, filter = null, key = null, instruction = null, enabled = true } = wish;
    const { coalesce = null, model = null, tools = null, unaskedTools = [] } = wish;
    const terms = { model, tools, unaskedTools };
    const rules = { filter, key, instruction, enabled, coalesce, terms };
    const trigger = { name, prompt, ...rules, target: readTarget(target) };
    return toTriggerDto(await asHttp(statuses, () => this.triggers.create(source, trigger)));
  }

  async change(id: string, { target, ...wish }: TriggerChangeDto): Promise<TriggerDto> {
    const { name, prompt, filter, key, instruction, enabled, coalesce, model, tools, unaskedTools } = wish;
    const terms = {
      ...(model !== undefined && { model }),
      ...(tools !== undefined && { tools }),
      ...(unaskedTools !== undefined && { unaskedTools }),
    };
    const change = {
      ...(name !== undefined && { name }),
      ...(prompt !== undefined && { prompt }),
      ...(filter !== undefined && { filter }),
      ...(key !== undefined && { key }),
      ...(instruction !== undefined && { instruction }),
      ...(enabled !== undefined && { enabled }),
      ...(coalesce !== undefined && { coalesce }),
      terms,
      ...(target && { target: readTarget(target) }),
    };
    return toTriggerDto(await asHttp(statuses, () => this.triggers.change(id, change)));
  }

  async remove(id: string): Promise<void> {
    await asHttp(statuses, () => this.triggers.remove(id));
  }

  async test(id: string, { eventId, payload, event }: TriggerTestDto): Promise<TriggerTestResultDto> {
    if ((eventId === undefined) === (payload === undefined) || (eventId !== undefined && event !== undefined))
      throw new BadRequestException('Give eventId, or payload and, if it has one, its event');
    const decide = () =>
      eventId === undefined
        ? this.triggers.test(id, { type: event ?? null, body: payload })
        : this.triggers.testStored(id, BigInt(eventId));
    return toTestResult(await asHttp(statuses, decide));
  }
}
