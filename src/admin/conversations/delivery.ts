import { ApiProperty } from '../../platform/openapi/api-docs.js';
import { type Reply, ReplyState } from '../../generated/prisma/client.js';

/** Whether a message reached its chat. */
export class DeliveryDto {
  @ApiProperty({ enum: Object.values(ReplyState), description: 'Of several parts the worst' })
  readonly state: ReplyState;

  @ApiProperty({ type: 'integer', description: 'Of several parts the most' })
  readonly attempts: number;

  @ApiProperty({ type: String, nullable: true, description: 'Of the part whose state is shown' })
  readonly error: string | null;
}

export type ReplyPart = Pick<Reply, 'state' | 'attempts' | 'error' | 'firstError'>;

const BADNESS: Readonly<Record<ReplyState, number>> = {
  failed: 4,
  uncertain: 3,
  sending: 2,
  pending: 1,
  sent: 0,
};

/** Sums up the sends of a message's parts; null if it had none. Pure. */
export function deliveryOf(parts: readonly ReplyPart[]): DeliveryDto | null {
  const [worst] = parts.toSorted((a, b) => BADNESS[b.state] - BADNESS[a.state]);
  if (!worst) return null;
  return {
    state: worst.state,
    attempts: Math.max(...parts.map((part) => part.attempts)),
    error: worst.error ?? worst.firstError,
  };
}
