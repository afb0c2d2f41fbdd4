import { isIP } from 'node:net';
import { IsBoolean, IsIn, IsInt, IsNotEmpty, IsOptional, Max, Min, ValidateBy } from 'class-validator';
import { flag, FromEnv, integer, list } from '../config/variable.js';

export const environments = ['development', 'test', 'production'] as const;

const roles = ['all', 'web', 'worker'] as const;
export type Role = (typeof roles)[number];

export class ServerSettings {
  @FromEnv('NODE_ENV', {
    description:
      'development, test or production, which refuses the simulator, the demo model, the playground, and secrets that are generated or may be guessed',
    example: 'production',
  })
  @IsIn(environments)
  nodeEnv: (typeof environments)[number] = 'development';

  @FromEnv('HOST', { description: 'listen address', example: '127.0.0.1' })
  @IsNotEmpty()
  host = '127.0.0.1';

  @FromEnv('PORT', {
    description: 'listen port; 0 picks a free one and prints it',
    example: '3000',
    parse: integer,
  })
  @IsInt()
  @Min(0)
  @Max(65_535)
  port = 3000;

  @FromEnv('APP_ROLE', {
    description:
      'all, web (receive, admin) or worker (turns, delivery); any number of each share one Postgres and Redis',
    example: 'all',
  })
  @IsIn(roles)
  role: Role = 'all';

  @FromEnv('HTTP_MAX_CONNECTIONS', {
    description: 'HTTP connections open at once; a further one is closed at once',
    example: '2000',
    parse: integer,
  })
  @IsInt()
  @Min(10)
  @Max(100_000)
  maxConnections = 2_000;

  @FromEnv('HTTP_MAX_CONNECTIONS_PER_ADDRESS', {
    description:
      'of these, those of one address (of IPv6, of one /64); TRUSTED_PROXIES and this machine have no such limit',
    example: '200',
    parse: integer,
  })
  @IsInt()
  @Min(1)
  @Max(100_000)
  maxConnectionsPerAddress = 200;

  @FromEnv('TRUSTED_PROXIES', {
    description:
      'comma-separated addresses or networks of reverse proxies, whose X-Forwarded-For is believed; unset: nobody’s',
    example: '10.0.0.0/8',
    parse: list,
  })
  @Networks()
  trustedProxies: readonly string[] = [];

  @FromEnv('METRICS_OPEN', {
    description: 'GET /metrics answers whoever reaches HOST and PORT; unset: outside production only',
    example: 'true',
    parse: flag,
  })
  @IsOptional()
  @IsBoolean({ message: 'must be true or false' })
  metricsOpen?: boolean;

  @FromEnv('DOCS_OPEN', {
    description:
      'GET /docs and /docs-json describe the admin API to whoever reaches them; unset: outside production only',
    example: 'true',
    parse: flag,
  })
  @IsOptional()
  @IsBoolean({ message: 'must be true or false' })
  docsOpen?: boolean;

  get production(): boolean {
    return this.nodeEnv === 'production';
  }

  get showsMetrics(): boolean {
    return this.metricsOpen ?? !this.production;
  }

  /** The URL of the admin API. */
  get showsDocs(): boolean {
    return this.receives && (this.docsOpen ?? !this.production);
  }

  get receives(): boolean {
    return this.role !== 'worker';
  }

  get works(): boolean {
    return this.role !== 'web';
  }
}

/** A list of IP addresses and networks such as `10.0.0.0/8`; not all of them at once (`/0`). */
function Networks(): PropertyDecorator {
  return ValidateBy({
    name: 'networks',
    validator: {
      validate: (value) => Array.isArray(value) && value.every(isNetwork),
      defaultMessage: () => 'must be IP addresses or networks, separated by commas',
    },
  });
}

function isNetwork(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  const [address = '', prefix, ...more] = value.split('/');
  const version = isIP(address);
  if (version === 0 || more.length > 0) return false;
  if (prefix === undefined) return true;
  return /^\d{1,3}$/.test(prefix) && Number(prefix) >= 1 && Number(prefix) <= (version === 4 ? 32 : 128);
}
