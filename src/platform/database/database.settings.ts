import { IsInt, IsNotEmpty, IsOptional, Matches, Max, Min } from 'class-validator';
import { FromEnv } from '../config/variable.js';

export class DatabaseSettings {
  @FromEnv('DATABASE_URL', {
    description: 'PostgreSQL 14 or newer; unset: an embedded PostgreSQL under DATA_DIR',
    example: 'postgresql://turnpike:secret@localhost:5432/turnpike',
    secret: true,
  })
  @IsOptional()
  @Matches(/^postgres(ql)?:\/\//, { message: 'must begin with postgresql://' })
  url?: string;

  @FromEnv('DATA_DIR', {
    description: 'where the embedded database lives; kept between starts',
    example: '.turnpike',
  })
  @IsNotEmpty()
  dataDir = '.turnpike';

  /** Connections of this process's own pool. */
  @IsInt()
  @Min(1)
  @Max(100)
  poolSize = 10;
}
