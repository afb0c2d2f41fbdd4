import { Logger } from '@nestjs/common';

// Lines that are logged before an application sets its own logger (the embedded server, the migrations) are noise in a
// test run.
Logger.overrideLogger(['fatal']);
