import { type DynamicModule, type InjectionToken, Module, type ModuleMetadata, type Type } from '@nestjs/common';
import { CarillonUsageError } from './errors.js';
import { CarillonService } from './service.js';
import { MODULE_OPTIONS } from './tokens.js';
import type { CarillonOptions } from './types.js';

export interface CarillonModuleOptions extends CarillonOptions {
  /** Whether every module can inject {@link CarillonService} without importing this one. @default true */
  isGlobal?: boolean;
}

/** Makes the options, for `useClass` and `useExisting`. */
export interface CarillonOptionsFactory {
  createCarillonOptions(): CarillonOptions | Promise<CarillonOptions>;
}

/** How the options are made: exactly one of `useFactory`, `useClass`, `useExisting`. */
export interface CarillonModuleAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  /** @default true */
  isGlobal?: boolean;
  /** What `useFactory` gets as arguments. */
  inject?: InjectionToken[];
  useFactory?: (...args: any[]) => CarillonOptions | Promise<CarillonOptions>;
  useClass?: Type<CarillonOptionsFactory>;
  useExisting?: Type<CarillonOptionsFactory>;
}

/**
 * Provides {@link CarillonService}, and options for the adapter out of other providers.
 *
 * @example
 * @Module({ imports: [CarillonModule.forRoot()], providers: [ChatGateway] })
 * export class AppModule {}
 */
@Module({ providers: [CarillonService], exports: [CarillonService] })
// biome-ignore lint/complexity/noStaticOnlyClass: Nest's modules are classes
export class CarillonModule {
  /** With options known now. Those given to `new CarillonAdapter(app, options)` go on top. */
  static forRoot({ isGlobal = true, ...options }: CarillonModuleOptions = {}): DynamicModule {
    return moduleWith(isGlobal, [{ provide: MODULE_OPTIONS, useValue: options }]);
  }

  /**
   * With options that other providers know.
   *
   * @example
   * CarillonModule.forRootAsync({
   *   inject: [ConfigService],
   *   useFactory: (config: ConfigService) => ({ cors: { origin: config.getOrThrow('ORIGIN') } }),
   * })
   * @throws CarillonUsageError unless exactly one way to make them is given.
   */
  static forRootAsync(options: CarillonModuleAsyncOptions): DynamicModule {
    const { isGlobal = true, imports = [], inject = [], useFactory, useClass, useExisting } = options;
    const ways = [useFactory, useClass, useExisting].filter((way) => way !== undefined);
    if (ways.length !== 1) {
      throw new CarillonUsageError(
        `CarillonModule.forRootAsync() takes one of useFactory, useClass and useExisting; got ${ways.length} of them.`,
      );
    }
    if (useFactory !== undefined) {
      return moduleWith(isGlobal, [{ provide: MODULE_OPTIONS, inject, useFactory }], imports);
    }
    const factory = (useClass ?? useExisting)!;
    return moduleWith(
      isGlobal,
      [
        ...(useClass === undefined ? [] : [useClass]),
        {
          provide: MODULE_OPTIONS,
          inject: [factory],
          useFactory: (made: CarillonOptionsFactory) => made.createCarillonOptions(),
        },
      ],
      imports,
    );
  }
}

function moduleWith(
  isGlobal: boolean,
  providers: NonNullable<ModuleMetadata['providers']>,
  imports: NonNullable<ModuleMetadata['imports']> = [],
): DynamicModule {
  return {
    module: CarillonModule,
    global: isGlobal,
    imports,
    providers: [...providers, CarillonService],
    exports: [CarillonService],
  };
}
