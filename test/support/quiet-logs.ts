import { Logger } from '@nestjs/common';

// What is logged before an application sets its own logger (the embedded server, the migrations) is noise in a test run.
Logger.overrideLogger(['fatal']);
