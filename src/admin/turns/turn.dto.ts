import { ApiProperty, ApiPropertyOptional } from '../../platform/openapi/api-docs.js';
import { IsIn, IsOptional, IsUUID } from 'class-validator';
import { type Step, StepKind, type Turn, TurnFeedback, TurnState } from '../../generated/prisma/client.js';
import { dollars } from '../budgets/budget.dto.js';
import { PageQuery } from '../listing/page.js';
import { pageOfDtos } from '../listing/page-dto.js';

const states = Object.values(TurnState);

export class TurnQuery extends PageQuery {
  @ApiPropertyOptional({ type: String, format: 'uuid' })
  @IsOptional()
  @IsUUID()
  conversationId?: string;

  @ApiPropertyOptional({ enum: states })
  @IsOptional()
  @IsIn(states)
  state?: TurnState;
}

/** One run of the agent, as the admin API shows it. */
export class TurnDto {
  @ApiProperty({ format: 'uuid' })
  readonly id: string;

  @ApiProperty({ format: 'uuid' })
  readonly conversationId: string;

  @ApiProperty({ enum: states })
  readonly state: TurnState;

  @ApiProperty({ type: 'integer', description: 'Failed tries so far' })
  readonly attempts: number;

  @ApiProperty({ type: 'integer', description: 'Times another worker found it unfinished' })
  readonly takeovers: number;

  @ApiProperty({ type: String, nullable: true })
  readonly model: string | null;

  @ApiProperty({ type: 'integer' })
  readonly inputTokens: number;

  @ApiProperty({ type: 'integer' })
  readonly outputTokens: number;

  @ApiProperty({ type: Number, description: 'What it cost so far, in dollars' })
  readonly usd: number;

  @ApiProperty({ type: String, nullable: true, description: 'A stable code' })
  readonly errorCode: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'Of the last try' })
  readonly error: string | null;

  @ApiProperty({ type: String, nullable: true })
  readonly firstError: string | null;

  @ApiProperty({ type: 'integer', description: 'Time used by finished tries, in milliseconds' })
  readonly spentMs: number;

  @ApiProperty({ enum: TurnFeedback, nullable: true, description: '👍 or 👎 on its message; the latest' })
  readonly feedback: TurnFeedback | null;

  @ApiProperty({ type: String, format: 'date-time' })
  readonly startedAt: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  readonly finishedAt: string | null;
}

export class TurnPage extends pageOfDtos(TurnDto) {}

/** One finished model call or tool call. */
export class StepDto {
  @ApiProperty({ type: 'integer' })
  readonly index: number;

  @ApiProperty({ enum: Object.values(StepKind) })
  readonly kind: StepKind;

  @ApiProperty({ description: 'The model’s or the tool’s name' })
  readonly name: string;

  @ApiProperty({ description: 'What came back', type: 'object', additionalProperties: true })
  readonly result: unknown;

  @ApiProperty({ type: String, nullable: true })
  readonly error: string | null;

  @ApiProperty({ type: 'integer' })
  readonly inputTokens: number;

  @ApiProperty({ type: 'integer' })
  readonly outputTokens: number;

  @ApiProperty({ type: Number, description: 'What it cost, in dollars, by the prices of its time' })
  readonly usd: number;

  @ApiProperty({ type: 'integer' })
  readonly durationMs: number;

  @ApiProperty({ type: String, format: 'date-time' })
  readonly startedAt: string;

  @ApiProperty({ type: String, format: 'date-time' })
  readonly endedAt: string;
}

export class TurnWithStepsDto extends TurnDto {
  @ApiProperty({ type: [StepDto], description: 'Empty once they are past RETENTION_STEP_DAYS' })
  readonly steps: readonly StepDto[];
}

export type TurnView = Omit<
  Turn,
  'epoch' | 'availableAt' | 'userId' | 'correctsId' | 'continuesId' | 'feedbackAt'
>;

export function toTurnDto(turn: TurnView): TurnDto {
  return {
    id: turn.id,
    conversationId: turn.conversationId,
    state: turn.state,
    attempts: turn.attempts,
    takeovers: turn.takeovers,
    model: turn.model,
    inputTokens: turn.inputTokens,
    outputTokens: turn.outputTokens,
    usd: dollars(turn.microUsd),
    errorCode: turn.errorCode,
    error: turn.error,
    firstError: turn.firstError,
    spentMs: turn.spentMs,
    feedback: turn.feedback,
    startedAt: turn.startedAt.toISOString(),
    finishedAt: turn.finishedAt?.toISOString() ?? null,
  };
}

export function toStepDto(step: Step): StepDto {
  return {
    index: step.index,
    kind: step.kind,
    name: step.name,
    result: step.result,
    error: step.error,
    inputTokens: step.inputTokens,
    outputTokens: step.outputTokens,
    usd: dollars(step.microUsd),
    durationMs: Math.max(0, step.endedAt.getTime() - step.startedAt.getTime()),
    startedAt: step.startedAt.toISOString(),
    endedAt: step.endedAt.toISOString(),
  };
}
