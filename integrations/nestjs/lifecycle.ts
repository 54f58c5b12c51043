import { type INestApplicationContext, Module, type Type } from '@nestjs/common';
import { LazyModuleLoader, ModulesContainer } from '@nestjs/core';

interface Lifecycle {
  /** Before other modules begin. */
  open(): void;
  /** Before the application is ready. @throws what keeps it from starting (rejection). */
  ready(): Promise<void>;
  /** Before any provider is destroyed; more calls do nothing. */
  close(): Promise<void>;
}

/**
 * Follows the life of an application, by modules that are loaded after all others. Nest would close gateways after the
 * providers that their handlers and `handleDisconnect` need.
 *
 * Nest 10 destroys modules in the order in which it starts them, later versions in the opposite one: so there is one
 * module at each end, and the first that is called closes.
 */
export function followLifecycle(app: INestApplicationContext, lifecycle: Lifecycle): void {
  @Module({})
  class CarillonLifecycle {
    onModuleInit(): void {
      lifecycle.open();
    }
    onApplicationBootstrap(): Promise<void> {
      return lifecycle.ready();
    }
    onModuleDestroy(): Promise<void> {
      return lifecycle.close();
    }
  }
  @Module({})
  class CarillonFarLifecycle {
    onModuleDestroy(): Promise<void> {
      return lifecycle.close();
    }
  }
  const loader = app.get(LazyModuleLoader);
  void loader.load(() => CarillonLifecycle, { logger: false });
  void loader.load(() => CarillonFarLifecycle, { logger: false });
  void moveAway(app.get(ModulesContainer), CarillonFarLifecycle);
}

/** Steps after which a module that is being loaded is in the container: four, in the versions that were tried. */
const MAX_STEPS = 100;

/** Puts a module that is being loaded at the end of the order by distance, in time: Nest sorts once, when it starts. */
async function moveAway(modules: ModulesContainer, type: Type<unknown>): Promise<void> {
  for (let step = 0; step < MAX_STEPS; step++) {
    for (const module of modules.values()) {
      if (module.metatype !== type) continue;
      module.distance = Number.POSITIVE_INFINITY;
      return;
    }
    await undefined;
  }
}
