import { ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import { ApprovalsService } from '../../agent/approvals/approvals.service.js';
import type { Approval } from '../../generated/prisma/client.js';
import { LaneWaker } from '../../queue/lane-waker.js';
import { decodeIdCursor, encodeIdCursor } from '../listing/cursor.js';
import { pageOf } from '../listing/page.js';
import { type ApprovalDto, type ApprovalPage, type ApprovalQuery, toApprovalDto } from './approval.dto.js';
import { ApprovalListingRepository } from './approval-listing.repository.js';

/** Lists approvals for operators, and decides them. */
@Injectable()
export class ApprovalsAdminService {
  constructor(
    private readonly listing: ApprovalListingRepository,
    private readonly approvals: ApprovalsService,
    private readonly waker: LaneWaker,
  ) {}

  /** A page of one state may hold fewer than `limit`, even none, and still have a next one. */
  async list({ limit, cursor, conversationId, state }: ApprovalQuery): Promise<ApprovalPage> {
    const after = cursor === undefined ? null : decodeIdCursor(cursor);
    const filter = { conversationId: conversationId ?? null, state: state ?? null };
    const rows = await this.listing.rows(filter, after, limit + 1);
    const page = pageOf(rows, limit, toApprovalDto, ({ id }) => encodeIdCursor(id));
    if (page.nextCursor !== null || filter.state === null) return page;
    const end = await this.listing.endOfScan(filter, after);
    return end === null ? page : { ...page, nextCursor: encodeIdCursor(end) };
  }

  async get(id: string): Promise<ApprovalDto> {
    return toApprovalDto(await this.findOrFail(id));
  }

  /** Decides as a button press does, once and in time; the turn then goes on, on any worker. */
  async decide(id: string, decision: 'approved' | 'denied', reason: string | null): Promise<ApprovalDto> {
    const conversationId = await this.approvals.decideAsOperator(id, decision, reason);
    const approval = await this.findOrFail(id);
    if (conversationId === null) throw new ConflictException(whyNot(approval));
    this.waker.wake('turns', conversationId);
    this.waker.wake('deliveries', conversationId);
    return toApprovalDto(approval);
  }

  private async findOrFail(id: string): Promise<Approval> {
    const approval = await this.listing.find(id);
    if (!approval) throw new NotFoundException('There is no approval with this id');
    return approval;
  }
}

/** Still pending: it has expired, but the sweep has not recorded that yet. */
function whyNot({ state }: Approval): string {
  return `The approval is ${state === 'pending' ? 'expired' : state} already`;
}
