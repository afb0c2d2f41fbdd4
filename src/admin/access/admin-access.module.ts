import { Module } from '@nestjs/common';
import { AdminKeyOfRequest } from '../../platform/throttling/admin-key-of-request.js';
import { AdminGate } from './admin.gate.js';
import { AdminKey } from './admin-key.js';
import { AdminRequestKey } from './admin-request-key.js';
import { WrongKeys } from './wrong-keys.js';

/** Authenticates admin requests by the admin key. Every module with an `@AdminApi()` controller imports it. */
@Module({
  providers: [
    AdminGate,
    AdminKey,
    AdminRequestKey,
    { provide: AdminKeyOfRequest, useExisting: AdminRequestKey },
    WrongKeys,
  ],
  exports: [AdminRequestKey, AdminKeyOfRequest],
})
export class AdminAccessModule {}
