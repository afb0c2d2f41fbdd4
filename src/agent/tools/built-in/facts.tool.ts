import { Injectable } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsNotEmpty, IsOptional, IsString, MaxLength } from 'class-validator';
import { GiveUpError } from '../../../platform/errors/errors.js';
import { FactsRepository, MAX_FACT_CHARS, MAX_FACTS } from '../../../memory/facts.repository.js';
import type { ToolContext } from '../tool-context.js';
import { Describe, Tool } from '../tool.decorator.js';

/** One line without needless spaces, so that equal facts have equal texts. */
const OneLine = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' ? value.trim().replaceAll(/\s+/g, ' ') : value,
  );

export class RememberParameters {
  @Describe(
    'One fact in one sentence that makes sense by itself, e.g. "Her daughter Ana was born on 3 May 2021."',
  )
  @OneLine()
  @IsString()
  @IsNotEmpty()
  @MaxLength(MAX_FACT_CHARS)
  fact: string;
}

export class RecallParameters {
  @Describe('Words to look for. Leave it out for everything.')
  @IsOptional()
  @OneLine()
  @IsString()
  @MaxLength(MAX_FACT_CHARS)
  query?: string;
}

export class ForgetParameters {
  @Describe('The fact as recall shows it, or a part of it that no other fact has.')
  @OneLine()
  @IsString()
  @IsNotEmpty()
  @MaxLength(MAX_FACT_CHARS)
  fact: string;
}

/** Tools for facts that the user asks the agent to remember, for each conversation by itself. */
@Injectable()
export class FactsTool {
  constructor(private readonly facts: FactsRepository) {}

  @Tool({
    name: 'remember',
    description:
      'Keeps a fact about the user or this conversation for all later conversations, also after a reset. Use it when ' +
      'asked to remember something, or when a lasting preference is told.',
    parameters: RememberParameters,
  })
  async remember({ fact }: RememberParameters, { conversationId }: ToolContext): Promise<string> {
    const outcome = await this.facts.add(conversationId, fact);
    switch (outcome) {
      case 'added':
        return `Remembered: ${fact}`;
      case 'known':
        return `Already remembered: ${fact}`;
      case 'full':
        throw new GiveUpError(
          'FACTS_FULL',
          `Not remembered: ${MAX_FACTS} facts are kept already, which is the most. Forget one first.`,
        );
    }
  }

  @Tool({
    name: 'recall',
    description:
      'Lists the remembered facts, one a line, oldest first; with a query those that hold any of its words.',
    parameters: RecallParameters,
    sideEffects: false,
  })
  async recall({ query = '' }: RecallParameters, { conversationId }: ToolContext): Promise<string> {
    const facts = (await this.facts.list(conversationId)).map(({ text }) => text);
    if (facts.length === 0) return 'Nothing is remembered yet.';
    if (query === '') return listed(facts);
    const found = factsAbout(facts, query);
    if (found.length > 0) return listed(found);
    return `No remembered fact holds any of these words. All that is remembered:\n${listed(facts)}`;
  }

  @Tool({
    name: 'forget',
    description: 'Removes one remembered fact for good.',
    parameters: ForgetParameters,
  })
  async forget({ fact }: ForgetParameters, { conversationId }: ToolContext): Promise<string> {
    const facts = (await this.facts.list(conversationId)).map(({ text }) => text);
    const match = matchFact(facts, fact);
    switch (match.kind) {
      case 'one':
        await this.facts.remove(conversationId, match.fact);
        return `Forgotten: ${match.fact}`;
      case 'none':
        throw new GiveUpError('FACT_UNKNOWN', `Nothing forgotten: no remembered fact contains "${fact}".`);
      case 'several':
        throw new GiveUpError(
          'FACT_AMBIGUOUS',
          `Nothing forgotten: several facts contain "${fact}". Give one of them in full:\n${listed(match.facts)}`,
        );
    }
  }
}

const listed = (facts: readonly string[]): string => facts.map((fact) => `- ${fact}`).join('\n');

type FactMatch =
  | { readonly kind: 'one'; readonly fact: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'several'; readonly facts: readonly string[] };

/** The matching fact: the exact text, else the only one that contains it, ignoring letter case. */
export function matchFact(facts: readonly string[], text: string): FactMatch {
  if (facts.includes(text)) return { kind: 'one', fact: text };
  const wanted = fold(text);
  const [first, ...others] = facts.filter((fact) => fold(fact).includes(wanted));
  if (first === undefined) return { kind: 'none' };
  return others.length === 0 ? { kind: 'one', fact: first } : { kind: 'several', facts: [first, ...others] };
}

/** The facts with any word of the query, ignoring letter case, in their order. */
export function factsAbout(facts: readonly string[], query: string): string[] {
  const words = fold(query)
    .split(/[^\p{L}\p{M}\p{N}]+/u)
    .filter((word) => word !== '');
  return facts.filter((fact) => words.some((word) => fold(fact).includes(word)));
}

const fold = (text: string): string => text.normalize('NFC').toLowerCase();
