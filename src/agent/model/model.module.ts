import { Module } from '@nestjs/common';
import { CircuitRepository } from './circuit.repository.js';
import { DeploymentSecrets } from './deployment-secrets.repository.js';
import { ModelCallers } from './model-caller.js';
import { ModelCatalog } from './model-catalog.js';
import { ModelCircuits } from './model-circuits.js';
import { ModelClient } from './model-client.js';

/** The models, whose they are and in which order they are asked. */
@Module({
  providers: [ModelClient, ModelCatalog, ModelCircuits, ModelCallers, CircuitRepository, DeploymentSecrets],
  exports: [ModelClient, ModelCallers, ModelCatalog],
})
export class ModelModule {}
