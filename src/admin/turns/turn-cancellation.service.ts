import { ConflictException, Injectable, Logger, NotFoundException } from '@nestjs/common';
import { TurnStopRepository } from '../../agent/turns/turn-stop.repository.js';
import { PrismaService } from '../../platform/database/prisma.service.js';
import { LaneWaker } from '../../queue/lane-waker.js';

/** Cancels turns for operators. */
@Injectable()
export class TurnCancellationService {
  private readonly logger = new Logger(TurnCancellationService.name);

  constructor(
    private readonly prisma: PrismaService,
    private readonly turnStop: TurnStopRepository,
    private readonly waker: LaneWaker,
  ) {}

  /**
   * Cancels a turn that waits, runs or is parked. The process that runs it notices within 250 ms.
   * @throws NotFoundException
   * @throws ConflictException if the turn has ended by itself
   */
  async cancel(id: string): Promise<void> {
    const cancellation = await this.prisma.$transaction((tx) => this.turnStop.cancelTurn(tx, id));
    switch (cancellation.kind) {
      case 'unknown':
        throw new NotFoundException('There is no turn with this id');
      case 'ended':
        throw new ConflictException(`The turn has ended already: it is ${cancellation.state}`);
      case 'cancelled': {
        const { conversationId } = cancellation;
        this.logger.log({ msg: 'turn cancelled by the operator', conversationId, turnId: id });
        this.waker.wake('deliveries', conversationId);
        this.waker.wake('turns', conversationId);
        return;
      }
    }
  }
}
