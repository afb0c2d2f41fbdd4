import { Injectable } from '@nestjs/common';
import { STAY_SILENT } from '../../tools/built-in/stay-silent.tool.js';
import { ToolSettings } from '../../tools/tool.settings.js';
import { PersonToolsRepository } from '../../../memory/person-tools.repository.js';
import { readToolRules, type ToolRules } from '../../../memory/tool-rules.js';
import type { TurnRun } from '../../turns/turn-run.js';

/** A person gets an answer. */
const hasToAnswer: ToolRules = { allow: null, deny: [STAY_SILENT] };

/**
 * Finds the tools that a turn may use: those that the deployment, its conversation and everybody who wrote for it
 * permit, and the trigger whose messages it answers.
 */
@Injectable()
export class ToolPermissions {
  constructor(
    private readonly settings: ToolSettings,
    private readonly people: PersonToolsRepository,
  ) {}

  /**
   * Finds the rules, all of which apply, at this moment: people whose messages joined the turn count as well.
   * @param ofPeople the rules of everybody who wrote for the turn, where they are read already
   */
  async findRules(
    {
      conversation,
      senders,
      terms,
      isAsked,
    }: Pick<TurnRun, 'conversation' | 'senders' | 'terms' | 'isAsked'>,
    ofPeople: readonly ToolRules[] | null = null,
  ): Promise<readonly ToolRules[]> {
    const { allowed, denied } = this.settings;
    const rules: ToolRules[] = [{ allow: allowed ?? null, deny: denied }];
    const own = readToolRules(conversation.tools);
    if (own) rules.push(own);
    if (terms.tools) rules.push({ allow: [...terms.tools, STAY_SILENT], deny: [] });
    if (isAsked) rules.push(hasToAnswer);
    const userIds = new Set(senders.map(({ userId }) => userId));
    return [...rules, ...(ofPeople ?? (await this.people.findRules(conversation.channel, [...userIds])))];
  }
}
