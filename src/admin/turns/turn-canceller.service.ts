import { ConflictException, Injectable, Logger, NotFoundException } from '@nestjs/common';
import { TurnStop } from '../../agent/turn/turn-stop.repository.js';
import { PrismaService } from '../../database/prisma.service.js';
import { LaneWaker } from '../../queue/lane-waker.js';

/** Where an operator stops a turn. */
@Injectable()
export class TurnCanceller {
  private readonly logger = new Logger(TurnCanceller.name);

  constructor(
    private readonly prisma: PrismaService,
    private readonly turnStop: TurnStop,
    private readonly waker: LaneWaker,
  ) {}

  /**
   * Cancels a turn that waits, runs or is parked. Whichever process runs it notices within 250 ms.
   * @throws NotFoundException, ConflictException where it has ended by itself
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
