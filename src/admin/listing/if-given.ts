import { ValidateIf } from 'class-validator';

/** Lets a field be absent, but not null. */
export const IfGiven = (): PropertyDecorator => ValidateIf((_object, value) => value !== undefined);
