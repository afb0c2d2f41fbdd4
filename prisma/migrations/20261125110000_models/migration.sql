-- AlterTable
ALTER TABLE "conversations" ADD COLUMN     "model" TEXT,
ADD COLUMN     "system_prompt" TEXT;

-- CreateTable
CREATE TABLE "model_circuits" (
    "provider" TEXT NOT NULL,
    "model" TEXT NOT NULL,
    "failures" INTEGER NOT NULL,
    "trips" INTEGER NOT NULL,
    "code" TEXT NOT NULL,
    "lasting" BOOLEAN NOT NULL,
    "failed_at" TIMESTAMPTZ(6) NOT NULL DEFAULT transaction_timestamp(),
    "retry_at" TIMESTAMPTZ(6),

    CONSTRAINT "model_circuits_pkey" PRIMARY KEY ("provider","model")
);

-- CreateTable
CREATE TABLE "deployment_secrets" (
    "name" TEXT NOT NULL,
    "value" TEXT NOT NULL,

    CONSTRAINT "deployment_secrets_pkey" PRIMARY KEY ("name")
);
