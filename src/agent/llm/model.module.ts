import { Module } from '@nestjs/common';
import { CircuitRepository } from './circuit.repository.js';
import { DeploymentSecretsRepository } from './deployment-secrets.repository.js';
import { ModelCallers } from './model-caller.js';
import { ModelCatalog } from './model-catalog.js';
import { ModelCircuits } from './model-circuits.js';
import { ModelClient } from './model-client.js';
import { TokensModule } from './tokens.module.js';

/** The models, their providers and their order. */
@Module({
  imports: [TokensModule],
  providers: [
    ModelClient,
    ModelCatalog,
    ModelCircuits,
    ModelCallers,
    CircuitRepository,
    DeploymentSecretsRepository,
  ],
  exports: [ModelClient, ModelCallers, ModelCatalog, TokensModule],
})
export class ModelModule {}
