import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { PrismaService } from '../../platform/database/prisma.service.js';

/** Generated secrets: made by the first process that asks, the same for all from then on. */
@Injectable()
export class DeploymentSecretsRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** 256 bits, in hexadecimal digits. */
  async get(name: 'end-user-salt'): Promise<string> {
    const known = await this.prisma.deploymentSecret.findUnique({ where: { name } });
    if (known) return known.value;
    const value = randomBytes(32).toString('hex');
    await this.prisma.deploymentSecret.createMany({ data: { name, value }, skipDuplicates: true });
    return (await this.prisma.deploymentSecret.findUniqueOrThrow({ where: { name } })).value;
  }
}
