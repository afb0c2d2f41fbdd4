import { Injectable, type Provider, Scope } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { IsString } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { ToolRegistry } from './tool-registry.js';
import { Tool } from './tool.decorator.js';

class Place {
  @IsString()
  city: string;
}

class Nothing {}

@Injectable()
class Weather {
  @Tool({ name: 'forecast', description: 'The weather.', parameters: Place, timeoutMs: 500 })
  forecast({ city }: Place): string {
    return `Rain in ${city}`;
  }

  @Tool({ name: 'almanac', description: 'The seasons.', parameters: Nothing })
  almanac(): string {
    return 'Autumn';
  }

  unmarked(): string {
    return 'not a tool';
  }
}

@Injectable()
class SecondWeather {
  @Tool({ name: 'forecast', description: 'The weather, again.', parameters: Nothing })
  again(): string {
    return '';
  }
}

@Injectable()
class Misnamed {
  @Tool({ name: 'get weather', description: ' ', parameters: Nothing, timeoutMs: 0 })
  get(): string {
    return '';
  }
}

@Injectable({ scope: Scope.REQUEST })
class PerRequest {
  @Tool({ name: 'scoped', description: 'Not a singleton.', parameters: Nothing })
  scoped(): string {
    return '';
  }
}

async function registryOf(...providers: Provider[]): Promise<ToolRegistry> {
  const module = await Test.createTestingModule({
    imports: [DiscoveryModule],
    providers: [ToolRegistry, ...providers],
  }).compile();
  await module.init();
  return module.get(ToolRegistry);
}

describe('ToolRegistry', () => {
  it('finds every marked method and offers them in the order of their names', async () => {
    const registry = await registryOf(Weather, { provide: 'alias', useExisting: Weather });

    expect(registry.names()).toEqual(['almanac', 'forecast']);
    expect(registry.definitions()).toEqual([
      {
        type: 'function',
        function: {
          name: 'almanac',
          description: 'The seasons.',
          parameters: { type: 'object', properties: {}, additionalProperties: false },
        },
      },
      {
        type: 'function',
        function: {
          name: 'forecast',
          description: 'The weather.',
          parameters: {
            type: 'object',
            properties: { city: { type: 'string' } },
            required: ['city'],
            additionalProperties: false,
          },
        },
      },
    ]);
    expect(registry.find('forecast')).toMatchObject({
      timeoutMs: 500,
      maxOutputChars: 16_000,
      repeatable: true,
    });
    expect(registry.find('unmarked')).toBeUndefined();
  });

  it('stops the start for two tools with one name, and names both', async () => {
    await expect(registryOf(Weather, SecondWeather)).rejects.toThrow(
      'SecondWeather.again: Weather.forecast is named "forecast" too; rename one of them',
    );
  });

  it('stops the start with every problem of a tool at once, each with its remedy', async () => {
    const start = registryOf(Misnamed);
    await expect(start).rejects.toMatchObject({ code: 'TOOLS_INVALID' });
    await expect(start).rejects.toThrow(/Misnamed\.get: the name "get weather" .* change it in @Tool/);
    await expect(start).rejects.toThrow(/Misnamed\.get: .* say it in @Tool\(\{ description \}\)/);
    await expect(start).rejects.toThrow('Misnamed.get: timeoutMs is 0');
  });

  it('stops the start for a tool that has no single instance', async () => {
    await expect(registryOf(PerRequest)).rejects.toThrow(
      'PerRequest.scoped: its provider is not a singleton',
    );
  });
});
