import { Test } from '@nestjs/testing';
import { IsInt, IsOptional, IsString, Min } from 'class-validator';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { SettingsError } from './read-settings.js';
import { SettingsModule } from './settings.module.js';
import { FromEnv, integer } from './variable.js';

class ShelfSettings {
  @FromEnv('SHELVES_AT_MOST', { description: 'shelves', example: '3', parse: integer })
  @IsInt()
  @Min(1)
  atMost = 7;
}

class DoorSettings {
  @FromEnv('SHELVES_KEY', { description: 'opens the door', example: 'a-key', secret: true })
  @IsOptional()
  @IsString()
  key?: string;
}

async function settingsOf<T extends object>(type: new () => T): Promise<T> {
  const module = await Test.createTestingModule({ imports: [SettingsModule.forFeature(type)] }).compile();
  return module.get(type, { strict: false });
}

describe('SettingsModule.forFeature', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('gives a module its own settings, from the environment or with their defaults', async () => {
    expect(await settingsOf(ShelfSettings)).toEqual({ atMost: 7 });
    vi.stubEnv('SHELVES_AT_MOST', '3');
    expect(await settingsOf(ShelfSettings)).toEqual({ atMost: 3 });
  });

  it('stops the start for a wrong value and names the variable, the problem and an example', async () => {
    vi.stubEnv('SHELVES_AT_MOST', '0');
    await expect(settingsOf(ShelfSettings)).rejects.toThrow(SettingsError);
    await expect(settingsOf(ShelfSettings)).rejects.toThrow(
      'SHELVES_AT_MOST must not be less than 1 (got "0"; for example SHELVES_AT_MOST=3)',
    );
  });

  it('stops the start for a secret, set or not, that logs could not redact', async () => {
    await expect(settingsOf(DoorSettings)).rejects.toThrow(
      'SHELVES_KEY is a secret and would get into logs: list DoorSettings in src/settings/settings.ts instead',
    );
  });
});
