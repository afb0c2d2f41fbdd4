import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import type { SchemaEngine } from '@prisma/schema-engine-wasm';
import { Pool, type QueryResult } from 'pg';
import { findPrismaFolder } from './migration-folder.js';

/** TypeScript declares it for browsers only. */
declare const WebAssembly: {
  instantiate(
    program: Uint8Array,
    imports: Record<string, object>,
  ): Promise<{ instance: { exports: Record<string, unknown> } }>;
};

const CHAR_OID = 18;
/** The type `date`, of which the catalogue has no column: it marks the columns on their way through the adapter. */
const STAND_IN_OID = 1082;

/**
 * The SQL that leads from the database at `url` to a Prisma schema; empty if they agree. Written by Prisma's own schema
 * engine, in its WASM build: the other build is a binary that the Prisma CLI fetches from a host of its own. Indexes
 * that a Prisma schema cannot express (partial ones, over expressions) are neither seen nor dropped.
 * @param schema its text; default: `prisma/schema.prisma`
 */
export async function sqlToReachSchema(url: string, schema?: string): Promise<string> {
  const path = join(findPrismaFolder(), 'schema.prisma');
  const content = schema ?? (await readFile(path, 'utf8'));
  const pool = new Pool({ connectionString: url });
  const engine = await loadSchemaEngine(pool, [path, content]);
  try {
    const files = [{ path, content }];
    const { stdout } = await engine.diff({
      from: { tag: 'schemaDatasource', files, configDir: dirname(path) },
      to: { tag: 'schemaDatamodel', files },
      script: true,
      exitCode: null,
      filters: { externalTables: [], externalEnums: [] },
    });
    const sql = stdout?.trim() ?? '';
    return sql === '-- This is an empty migration.' ? '' : sql;
  } finally {
    engine.free();
    await pool.end();
  }
}

/**
 * Prisma's adapter with an addition: the catalogue, which the engine reads, has one-letter columns of the type "char".
 * The adapter refuses that type, and the engine accepts it under no other name.
 */
function introspectionAdapter(pool: Pool): PrismaPg {
  const query = pool.query.bind(pool);
  Reflect.set(pool, 'query', async (...args: unknown[]) => {
    const result: QueryResult = await Reflect.apply(query, pool, args);
    for (const field of result.fields) if (field.dataTypeID === CHAR_OID) field.dataTypeID = STAND_IN_OID;
    return result;
  });
  const factory = new PrismaPg(pool);
  const connect = factory.connect.bind(factory);
  factory.connect = async () => {
    const adapter = await connect();
    const queryRaw = adapter.queryRaw.bind(adapter);
    adapter.queryRaw = async (statement) => {
      const result = await queryRaw(statement);
      const columnTypes = result.columnTypes.map((type) =>
        type === ColumnTypeEnum.Date ? ColumnTypeEnum.Character : type,
      );
      return { ...result, columnTypes };
    };
    return adapter;
  };
  return factory;
}

/** Prisma's schema engine over one database. The caller releases it. */
export async function loadSchemaEngine(pool: Pool, datamodel: [string, string]): Promise<SchemaEngine> {
  program ??= startProgram();
  const { SchemaEngine } = await program;
  const adapter = bindMigrationAwareSqlAdapterFactory(introspectionAdapter(pool));
  return SchemaEngine.new({ datamodels: [datamodel] }, () => undefined, adapter);
}

type Program = typeof import('@prisma/schema-engine-wasm/schema_engine_bg');

/** Started once: the module keeps views of its memory, which a second instance would leave pointing at the first. */
let program: Promise<Program> | null = null;

async function startProgram(): Promise<Program> {
  const module = await import('@prisma/schema-engine-wasm/schema_engine_bg');
  const folder = dirname(
    createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg'),
  );
  const code = await readFile(join(folder, 'schema_engine_bg.wasm'));
  const { instance } = await WebAssembly.instantiate(code, { './schema_engine_bg.js': { ...module } });
  // oxlint-disable-next-line no-underscore-dangle -- wasm-bindgen named it
  module.__wbg_set_wasm(instance.exports);
  const { __wbindgen_start: start } = instance.exports;
  if (typeof start !== 'function') throw new Error('the schema engine has no start function');
  start();
  return module;
}
