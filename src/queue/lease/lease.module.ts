import { Module } from '@nestjs/common';
import { LeaseHolder } from './lease-holder.js';
import { LeaseRepository } from './lease.repository.js';

@Module({ providers: [LeaseRepository, LeaseHolder], exports: [LeaseRepository, LeaseHolder] })
export class LeaseModule {}
