import { Module } from '@nestjs/common';
import { CircuitRepository } from './circuit.repository.js';
import { DeploymentSecretsRepository } from './deployment-secrets.repository.js';
import { ModelCallers } from './model-caller.js';
import { ModelCatalog } from './model-catalog.js';
import { ModelCircuits } from './model-circuits.js';
import { ModelClient } from './model-client.js';
import { TokenCounter } from './token-counter.js';

/** The models, their providers and their order. */
@Module({
  providers: [
    ModelClient,
    ModelCatalog,
    ModelCircuits,
    ModelCallers,
    CircuitRepository,
    DeploymentSecretsRepository,
    TokenCounter,
  ],
  exports: [ModelClient, ModelCallers, ModelCatalog, TokenCounter],
})
export class ModelModule {}
