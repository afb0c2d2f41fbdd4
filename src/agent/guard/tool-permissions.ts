import { Injectable } from '@nestjs/common';
import { ToolSettings } from '../../config/tool.settings.js';
import type { Conversation, Turn } from '../../generated/prisma/client.js';
import { PersonToolsRepository } from '../../memory/person-tools.repository.js';
import { readToolRules, type ToolRules } from '../../memory/tool-rules.js';
import { EventClaim } from '../turn/event-claim.js';

/** Knows which tools a turn may use: what the deployment, its conversation and everybody who wrote for it permit. */
@Injectable()
export class ToolPermissions {
  constructor(
    private readonly settings: ToolSettings,
    private readonly people: PersonToolsRepository,
    private readonly claim: EventClaim,
  ) {}

  /** The rules all of which hold, as of now: whoever has joined the turn counts as well. */
  async of(conversation: Conversation, turn: Turn): Promise<readonly ToolRules[]> {
    const { allowed, denied } = this.settings;
    const rules: ToolRules[] = [{ allow: allowed ?? null, deny: denied }];
    const own = readToolRules(conversation.tools);
    if (own) rules.push(own);
    if (!(await this.people.any(conversation.channel))) return rules;
    const userIds = new Set((await this.claim.sendersOf(turn)).map(({ userId }) => userId));
    return [...rules, ...(await this.people.of(conversation.channel, [...userIds]))];
  }
}
