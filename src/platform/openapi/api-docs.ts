import { applyDecorators } from '@nestjs/common';

type Swagger = typeof import('@nestjs/swagger');
type SwaggerDecorator = ClassDecorator | MethodDecorator | PropertyDecorator;

/** The descriptions that are not applied yet, in the order in which TypeScript runs decorators. */
const recorded: ((swagger: Swagger) => void)[] = [];

/**
 * The decorators of `@nestjs/swagger` that describe the API, under their own names and with their own options. They only
 * note what they were given, so that a process without `/docs` does not load `@nestjs/swagger`: see `applyApiDocs`.
 */
export const ApiAcceptedResponse = noted((swagger) => swagger.ApiAcceptedResponse);
export const ApiBadRequestResponse = noted((swagger) => swagger.ApiBadRequestResponse);
export const ApiBearerAuth = noted((swagger) => swagger.ApiBearerAuth);
export const ApiConflictResponse = noted((swagger) => swagger.ApiConflictResponse);
export const ApiCreatedResponse = noted((swagger) => swagger.ApiCreatedResponse);
export const ApiExcludeController = noted((swagger) => swagger.ApiExcludeController);
export const ApiHeader = noted((swagger) => swagger.ApiHeader);
export const ApiNoContentResponse = noted((swagger) => swagger.ApiNoContentResponse);
export const ApiNotFoundResponse = noted((swagger) => swagger.ApiNotFoundResponse);
export const ApiOkResponse = noted((swagger) => swagger.ApiOkResponse);
export const ApiOperation = noted((swagger) => swagger.ApiOperation);
export const ApiParam = noted((swagger) => swagger.ApiParam);
export const ApiProduces = noted((swagger) => swagger.ApiProduces);
export const ApiProperty = noted((swagger) => swagger.ApiProperty);
export const ApiPropertyOptional = noted((swagger) => swagger.ApiPropertyOptional);
export const ApiTags = noted((swagger) => swagger.ApiTags);
export const ApiUnauthorizedResponse = noted((swagger) => swagger.ApiUnauthorizedResponse);
export const ApiUnprocessableEntityResponse = noted((swagger) => swagger.ApiUnprocessableEntityResponse);

/**
 * Applies the noted decorators, each once. Call it when the controllers are loaded, before a document is created.
 * @param swagger the module `@nestjs/swagger`
 */
export function applyApiDocs(swagger: Swagger): void {
  for (const apply of recorded.splice(0)) apply(swagger);
}

function noted<Options extends readonly unknown[]>(
  choose: (swagger: Swagger) => (...options: Options) => SwaggerDecorator,
) {
  return (...options: Options) =>
    <T>(target: object, key?: string | symbol, descriptor?: TypedPropertyDescriptor<T>): void => {
      recorded.push((swagger) => applyDecorators(choose(swagger)(...options))(target, key, descriptor));
    };
}
